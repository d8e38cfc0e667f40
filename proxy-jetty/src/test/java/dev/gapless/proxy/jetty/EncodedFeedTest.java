package dev.gapless.proxy.jetty;

import dev.gapless.proxy.CacheLimits;
import dev.gapless.proxy.CacheOptions;
import dev.gapless.proxy.CompressionOptions;
import dev.gapless.proxy.ContentCoding;
import dev.gapless.proxy.DescribedRequest;
import dev.gapless.proxy.cache.BodyReader;
import dev.gapless.proxy.cache.CacheDecision;
import dev.gapless.proxy.cache.CacheKey;
import dev.gapless.proxy.cache.CacheRequest;
import dev.gapless.proxy.cache.EncodedBody;
import dev.gapless.proxy.cache.Field;
import dev.gapless.proxy.cache.Fill;
import dev.gapless.proxy.cache.FillStep;
import dev.gapless.proxy.cache.HttpCache;
import dev.gapless.proxy.cache.MemoryCacheStore;
import dev.gapless.proxy.cache.ResponseHead;
import dev.gapless.proxy.cache.StoredResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** How the encoded form of a stored body is made, turn by turn. */
final class EncodedFeedTest {
    private static final int LENGTH = 400 * 1024;

    private final Encoders encoders = new Encoders(Encoders.FORMATS, 10, new Random(1));
    private final HttpCache cache = HttpCache.create(MemoryCacheStore.ofBytes(1 << 20), CacheLimits.defaults());
    private final Deque<Runnable> lane = new ArrayDeque<>();
    private final Instant now = Instant.parse("2026-11-21T12:00:00Z");
    private final Fill fill = ask();
    private final StoredResponse response = answer();
    private final Encoder encoder = encoders.open(ContentCoding.GZIP, CompressionOptions.defaults(), LENGTH);
    private final EncodedBody form = cache.encode(response, "gzip");

    private Fill ask() {
        CacheRequest request = new CacheRequest(
                DescribedRequest.to("http://example.com/"),
                CacheKey.of("shop", "http", "example.com", "/", null),
                CacheOptions.defaults(),
                1);
        return ((CacheDecision.Ask) cache.decide(request, decision -> {}, now)).fill();
    }

    private StoredResponse answer() {
        ResponseHead head = new ResponseHead(
                200,
                List.of(new Field("Cache-Control", "max-age=60"), new Field("Content-Length", String.valueOf(LENGTH))));
        return ((FillStep.Store) fill.responded(head, 1, now)).answer().stored();
    }

    private void begin() {
        CachedSource whole = new CachedSource(response.open(), lane::add);
        new EncodedFeed(new CompressingSource(whole, encoder, () -> false, lane::add), form).iterate();
    }

    private void comes(int bytes) {
        fill.append(ByteBuffer.allocate(bytes), () -> {});
    }

    private static byte[] read(EncodedBody of) {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        BodyReader reader = of.open();
        for (ByteBuffer piece = reader.poll(); piece != null; piece = reader.poll()) {
            byte[] bytes = new byte[piece.remaining()];
            piece.get(bytes);
            read.writeBytes(bytes);
        }
        return read.toByteArray();
    }

    private void noEncoderIsOpen() {
        fill.close(now);
        assertThat(encoders.open()).isZero();
        assertThat(cache.fillBytes()).isZero();
    }

    @Test
    void theLaneIsLeftToOthersAfterSomeWork() throws IOException {
        comes(LENGTH);
        fill.complete(now);

        begin();

        int turns = 1;
        for (; !lane.isEmpty(); turns++) {
            assertThat(form.length()).isNegative();
            lane.remove().run();
        }
        assertThat(turns).isBetween(3, 5);
        assertThat(form.length()).isPositive();
        assertThat(Decoded.whole("gzip", read(form))).isEqualTo(new byte[LENGTH]);
        noEncoderIsOpen();
    }

    @Test
    void itGoesOnWhenMoreOfTheBodyHasCome() throws IOException {
        comes(1000);
        begin();
        assertThat(lane).isEmpty();

        comes(LENGTH - 1000);
        fill.complete(now);
        while (!lane.isEmpty()) {
            lane.remove().run();
        }

        assertThat(Decoded.whole("gzip", read(form))).isEqualTo(new byte[LENGTH]);
        noEncoderIsOpen();
    }

    @Test
    void ofABodyThatBreaksOffThereIsNone() {
        comes(1000);
        begin();

        fill.close(now);
        while (!lane.isEmpty()) {
            lane.remove().run();
        }

        assertThat(response.encoded("gzip")).isNull();
        BodyReader reader = form.open();
        assertThat(reader.poll()).isNotNull(); // How every gzip begins.
        assertThat(reader.isCut()).isTrue();
        noEncoderIsOpen();
    }

    @Test
    void whatCannotBeEncodedIsTriedAnew() {
        comes(LENGTH);
        fill.complete(now);
        begin();

        encoder.close();
        lane.remove().run();

        assertThat(response.encoded("gzip")).isNull();
        assertThat(lane).isEmpty();
        assertThat(cache.encode(response, "gzip")).isNotNull().satisfies(EncodedBody::cut);
        noEncoderIsOpen();
    }
}
