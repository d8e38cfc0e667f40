package dev.gapless.proxy.jetty;

import dev.gapless.proxy.CompressionOptions;
import dev.gapless.proxy.ContentCoding;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

/** Which codings there are, and how many bodies are encoded at once. */
final class EncodersTest {
    private static final CompressionOptions OPTIONS = CompressionOptions.defaults();

    private static Encoders encoders(int most) {
        return new Encoders(Encoders.FORMATS, most, new Random(1));
    }

    private static Encoders with(ContentCoding coding, Supplier<BodyFormat> maker) {
        return new Encoders(Map.of(ContentCoding.GZIP, GzipFormat::new, coding, maker), 10, new Random(1));
    }

    @Test
    void thereAreAllWhoseLibrariesAreThere() {
        assertThat(encoders(1).among(OPTIONS.codings())).isEqualTo(OPTIONS.codings());
    }

    @Test
    void whatIsNotOnTheClassPathIsPassedOver() {
        Encoders encoders = with(ContentCoding.BROTLI, () -> {
            throw new NoClassDefFoundError("org/eclipse/jetty/compression/brotli/BrotliCompression");
        });

        assertThat(encoders.among(OPTIONS.codings())).containsExactly(ContentCoding.GZIP);
        assertThat(encoders.open(ContentCoding.BROTLI, OPTIONS, -1)).isNull();
    }

    @Test
    void whatDoesNotLoadIsPassedOver() {
        Encoders encoders = with(ContentCoding.ZSTANDARD, () -> {
            throw new UnsatisfiedLinkError("no such platform");
        });

        assertThat(encoders.among(OPTIONS.codings())).containsExactly(ContentCoding.GZIP);
    }

    @Test
    void whatDoesNotWorkIsPassedOver() {
        assertThat(with(ContentCoding.ZSTANDARD, FailingFormat::new).among(OPTIONS.codings()))
                .containsExactly(ContentCoding.GZIP);
    }

    private static final class FailingFormat implements BodyFormat {
        @Override
        public OutputStream begin(EncodedBytes into, int level, long length, int padding) throws IOException {
            throw new IOException("out of order");
        }

        @Override
        public void end(OutputStream body, EncodedBytes into, int padding) {}
    }

    /** Has no memory left after its first bodies. */
    private static final class StarvedFormat implements BodyFormat {
        private final BodyFormat gzip = new GzipFormat();
        private int left = 1;

        @Override
        public OutputStream begin(EncodedBytes into, int level, long length, int padding) throws IOException {
            if (left-- == 0) {
                throw new OutOfMemoryError("Cannot reserve direct buffer memory");
            }
            return gzip.begin(into, level, length, padding);
        }

        @Override
        public void end(OutputStream body, EncodedBytes into, int padding) throws IOException {
            gzip.end(body, into, padding);
        }
    }

    @Test
    void withoutMemoryForItABodyGoesAsItIsAndTakesNoPlace() {
        Encoders encoders = with(ContentCoding.ZSTANDARD, StarvedFormat::new);

        assertThat(encoders.among(OPTIONS.codings())).contains(ContentCoding.ZSTANDARD);
        assertThat(encoders.open(ContentCoding.ZSTANDARD, OPTIONS, -1)).isNull();
        assertThat(encoders.open()).isZero();
    }

    @Test
    void soManyAtOnceAndNoMore() throws Exception {
        Encoders encoders = encoders(2);
        Encoder one = encoders.open(ContentCoding.GZIP, OPTIONS, -1);
        Encoder two = encoders.open(ContentCoding.BROTLI, OPTIONS, -1);

        assertThat(encoders.open(ContentCoding.GZIP, OPTIONS, -1)).isNull();
        one.close();
        one.close();
        assertThat(encoders.open()).isOne();
        Encoder three = encoders.open(ContentCoding.ZSTANDARD, OPTIONS, -1);
        assertThat(three).isNotNull();
        assertThat(encoders.open(ContentCoding.GZIP, OPTIONS, -1)).isNull();
        two.end();
        three.end();
        three.close();
        assertThat(encoders.open()).isZero();
    }

    @ParameterizedTest
    @EnumSource(ContentCoding.class)
    void everyLevelAndLengthIsDecoded(ContentCoding coding) throws Exception {
        byte[] text = "to be or not to be ".repeat(5000).getBytes(US_ASCII);
        for (int level = 1; level <= 9; level += 4) {
            CompressionOptions options = CompressionOptions.builder()
                    .level(coding, level)
                    .maxPadding(256)
                    .build();
            for (int length : List.of(0, 1, 1023, 1024, 1025, 65_536, text.length)) {
                Encoder encoder = encoders(1).open(coding, options, length);
                encoder.encode(ByteBuffer.wrap(text, 0, length));
                encoder.end();
                ByteBuffer encoded = encoder.take();
                byte[] body = new byte[encoded.remaining()];
                encoded.get(body);
                assertThat(Decoded.whole(coding.token(), body))
                        .as("level %s, %s bytes", level, length)
                        .isEqualTo(Arrays.copyOf(text, length));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(ContentCoding.class)
    void whatIsGivenUpTakesNothingMoreAndGivesNoEnd(ContentCoding coding) throws Exception {
        Encoder encoder = encoders(1).open(coding, OPTIONS, -1);
        encoder.encode(ByteBuffer.allocateDirect(100));
        encoder.close();

        encoder.encode(ByteBuffer.allocateDirect(100));
        encoder.flush();

        assertThat(encoder.end()).isFalse();
        assertThat(encoder.isClosed()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"-1,18", "0,10", "1,10", "1000,10", "1023,10", "1024,11", "100000,17", "262143,18", "9999999,18"})
    void aWindowIsNoLargerThanItsBody(long length, int window) {
        assertThat(BodyFormat.window(length)).isEqualTo(window);
    }
}
