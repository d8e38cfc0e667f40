package dev.gapless.proxy.jetty;

import dev.gapless.proxy.CompressionOptions;
import dev.gapless.proxy.ContentCoding;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.io.Content;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** How a body is read and encoded, step by step. */
final class CompressingSourceTest {
    private static final int CHUNK_BYTES = 16 * 1024;

    private final Encoders encoders = new Encoders(Encoders.FORMATS, 10, new Random(1));
    private final Deque<Runnable> lane = new ArrayDeque<>();
    private final EndlessZeros zeros = new EndlessZeros();

    private Encoder gzip() {
        return encoders.open(ContentCoding.GZIP, CompressionOptions.defaults(), -1);
    }

    private CompressingSource source(Encoder encoder) {
        return new CompressingSource(zeros, encoder, () -> true, lane::add);
    }

    /** Always has more, and never ends. */
    private static final class EndlessZeros implements Content.Source {
        private int read;
        private Throwable failure;

        @Override
        public Content.Chunk read() {
            read += CHUNK_BYTES;
            return failure == null
                    ? Content.Chunk.from(ByteBuffer.allocate(CHUNK_BYTES), false)
                    : Content.Chunk.from(failure, true);
        }

        @Override
        public void demand(Runnable task) {
            throw new AssertionError("it was not asked for more");
        }

        @Override
        public void fail(Throwable cause) {
            failure = cause;
        }
    }

    @Test
    void afterSomeWorkOthersHaveTheirTurn() {
        try (Encoder encoder = gzip()) {
            CompressingSource source = source(encoder);
            AtomicInteger called = new AtomicInteger();

            Content.Chunk first = source.read();
            assertThat(zeros.read).isEqualTo(64 * 1024);
            assertThat(source.read()).isNull();
            source.demand(called::incrementAndGet);

            assertThat(first == null || !first.isLast()).isTrue();
            assertThat(called).hasValue(0);
            lane.remove().run();
            assertThat(called).hasValue(1);
            source.read();
            assertThat(zeros.read).isEqualTo(2 * 64 * 1024);
        }
    }

    @Test
    void aFailureOfTheBodyPassesAndClosesTheEncoder() {
        Encoder encoder = gzip();
        CompressingSource source = source(encoder);
        zeros.failure = new IOException("broke off");

        Content.Chunk chunk = source.read();

        assertThat(chunk.getFailure()).isSameAs(zeros.failure);
        assertThat(chunk.isLast()).isTrue();
        assertThat(source.read()).isSameAs(chunk);
        assertThat(encoder.isClosed()).isTrue();
        assertThat(encoders.open()).isZero();
    }

    @Test
    void aResponseThatWasGivenUpFailsWithoutBeingRead() {
        Encoder encoder = gzip();
        CompressingSource source = source(encoder);
        encoder.close();

        AtomicInteger called = new AtomicInteger();
        source.demand(called::incrementAndGet);

        assertThat(called).hasValue(1);
        assertThat(Content.Chunk.isFailure(source.read(), true)).isTrue();
        assertThat(zeros.read).isZero();
    }

    @Test
    void whatCannotBeEncodedFailsBothSides() throws Exception {
        Encoder encoder = new Encoder(new FormatThatBreaksLater(), 1, -1, 0, () -> {});
        CompressingSource source = source(encoder);

        Content.Chunk chunk = source.read();

        assertThat(chunk.getFailure())
                .isInstanceOf(CompressingSource.EncodingException.class)
                .hasMessage("the response could not be compressed: out of order");
        assertThat(zeros.failure).hasMessage("out of order");
        assertThat(encoder.isClosed()).isTrue();
    }

    private static final class FormatThatBreaksLater implements BodyFormat {
        @Override
        public OutputStream begin(EncodedBytes into, int level, long length, int padding) {
            return new OutputStream() {
                @Override
                public void write(int b) throws IOException {
                    throw new IOException("out of order");
                }
            };
        }

        @Override
        public void end(OutputStream body, EncodedBytes into, int padding) {}
    }
}
