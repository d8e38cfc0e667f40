package dev.gapless.proxy.jetty;

import dev.gapless.proxy.CompressionOptions;
import dev.gapless.proxy.ContentCoding;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Encodes bodies in the codings that this process has the libraries for, which is found out once, by the first body that is to be
 * encoded: who compresses nothing loads nothing. So many at a time: each takes memory outside of the heap. Thread-safe.
 */
final class Encoders {
    /** Makes encoders for every coding, each in a class of its own, as nothing of a missing library must be looked at. */
    static final Map<ContentCoding, Supplier<BodyFormat>> FORMATS = Map.of(
            ContentCoding.GZIP, GzipFormat::new,
            ContentCoding.BROTLI, BrotliFormat::new,
            ContentCoding.ZSTANDARD, ZstandardFormat::new);

    private static final Logger LOG = LoggerFactory.getLogger(Encoders.class);

    private final int most;
    private final RandomGenerator random;
    private final Map<ContentCoding, Supplier<BodyFormat>> known;
    private volatile @Nullable Map<ContentCoding, BodyFormat> formats;
    private final AtomicInteger open = new AtomicInteger();

    /**
     * Makes encoders.
     *
     * @param known what makes the format of each coding, if its library is there
     * @param most how many bodies may be encoded at once
     * @param random decides on padding; thread-safe, and not to be guessed
     */
    Encoders(Map<ContentCoding, Supplier<BodyFormat>> known, int most, RandomGenerator random) {
        this.known = known;
        this.most = most;
        this.random = random;
    }

    private Map<ContentCoding, BodyFormat> formats() {
        Map<ContentCoding, BodyFormat> found = formats;
        return found == null ? find() : found;
    }

    private synchronized Map<ContentCoding, BodyFormat> find() {
        Map<ContentCoding, BodyFormat> found = formats;
        if (found == null) {
            found = new EnumMap<>(ContentCoding.class);
            for (ContentCoding coding : ContentCoding.values()) {
                Supplier<BodyFormat> maker = known.get(coding);
                if (maker != null) {
                    find(coding, maker, found);
                }
            }
            formats = found;
        }
        return found;
    }

    private static void find(ContentCoding coding, Supplier<BodyFormat> maker, Map<ContentCoding, BodyFormat> formats) {
        try {
            BodyFormat format = maker.get();
            prove(format, CompressionOptions.defaults().levels().get(coding));
            formats.put(coding, format);
        } catch (NoClassDefFoundError e) {
            LOG.debug("Responses are not compressed with {}: there is no {}", coding.token(), e.getMessage());
        } catch (LinkageError | IOException | RuntimeException e) {
            LOG.warn("Responses cannot be compressed with {}", coding.token(), e);
        }
    }

    /** Native libraries are loaded when they are first used. */
    private static void prove(BodyFormat format, @Nullable Integer level) throws IOException {
        try (Encoder encoder = new Encoder(format, level == null ? 1 : level, 1, 1, () -> {})) {
            encoder.encode(ByteBuffer.allocate(1));
            encoder.end();
        }
    }

    /** {@return those of a service's codings that there are} */
    List<ContentCoding> among(List<ContentCoding> codings) {
        Map<ContentCoding, BodyFormat> found = formats();
        return found.size() == ContentCoding.values().length
                ? codings
                : codings.stream().filter(found::containsKey).toList();
    }

    /**
     * {@return what encodes a body, null if too many are being encoded}
     *
     * @param coding one that there is
     * @param length how many bytes it is to have, or -1
     */
    @Nullable
    Encoder open(ContentCoding coding, CompressionOptions options, long length) {
        BodyFormat format = formats().get(coding);
        Integer level = options.levels().get(coding);
        if (format == null || level == null) {
            return null;
        }
        if (open.incrementAndGet() <= most) {
            try {
                return new Encoder(format, level, length, padding(options.maxPadding()), open::decrementAndGet);
            } catch (IOException | RuntimeException | Error e) {
                // Memory outside of the heap may be used up, which is an Error: the body can go as it is.
                LOG.warn("A response could not be compressed with {}", coding.token(), e);
            }
        }
        open.decrementAndGet();
        return null;
    }

    private int padding(int most) {
        return most == 0 ? 0 : random.nextInt(most + 1);
    }

    /** {@return how many bodies are being encoded} */
    int open() {
        return open.get();
    }
}
