package dev.gapless.proxy.jetty;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * A body that is encoded while it is read. When no more has come yet, all that has is flushed; what has not come to its proper end
 * does not get one. Used on one lane, which it leaves to others after some work.
 */
final class CompressingSource implements Content.Source {
    /**
     * How much is encoded before others have their turn: some milliseconds of work at the default levels. Less would change little at
     * high ones: Brotli gathers 256 KiB and Zstandard 128 KiB before either encodes them, and then all at once.
     */
    private static final int TURN_BYTES = 64 * 1024;

    /** The body could not be encoded. */
    static final class EncodingException extends IOException {
        private static final long serialVersionUID = 1L;

        EncodingException(Throwable cause) {
            super("the response could not be compressed: " + cause.getMessage(), cause);
        }
    }

    private final Content.Source source;
    private final Encoder encoder;
    private final BooleanSupplier flushes;
    private final Executor lane;
    private int taken;
    private boolean unflushed;
    private boolean resting;
    private Content.@Nullable Chunk end;

    /**
     * Makes a source.
     *
     * @param flushes whether anybody waits for what has come so far
     * @param lane where it goes on after others had their turn
     */
    CompressingSource(Content.Source source, Encoder encoder, BooleanSupplier flushes, Executor lane) {
        this.source = source;
        this.encoder = encoder;
        this.flushes = flushes;
        this.lane = lane;
    }

    @Override
    public Content.@Nullable Chunk read() {
        if (end == null && encoder.isClosed()) {
            end = givenUp();
        }
        if (end != null || resting) {
            return end;
        }
        try {
            return encoded();
        } catch (IOException | RuntimeException e) {
            fail(e);
            return stop(Content.Chunk.from(new EncodingException(e), true));
        }
    }

    private Content.@Nullable Chunk encoded() throws IOException {
        while (taken < TURN_BYTES) {
            Content.Chunk chunk = source.read();
            if (chunk == null) {
                taken = 0;
                flush();
                return part();
            }
            if (Content.Chunk.isFailure(chunk)) {
                return chunk.isLast() ? lastWords(chunk) : chunk;
            }
            boolean last = chunk.isLast();
            encode(chunk);
            if (last) {
                if (!encoder.end()) {
                    return stop(givenUp());
                }
                end = Content.Chunk.EOF;
                return Content.Chunk.from(encoder.take(), true);
            }
        }
        resting = true;
        return part();
    }

    private static Content.Chunk givenUp() {
        return Content.Chunk.from(new EOFException("the response was given up"), true);
    }

    private void encode(Content.Chunk chunk) throws IOException {
        try {
            int bytes = chunk.remaining();
            encoder.encode(chunk.getByteBuffer());
            taken += bytes;
            unflushed |= bytes > 0;
        } finally {
            chunk.release();
        }
    }

    private void flush() throws IOException {
        if (unflushed && flushes.getAsBoolean()) {
            encoder.flush();
            unflushed = false;
        }
    }

    private Content.@Nullable Chunk part() {
        ByteBuffer part = encoder.take();
        return part.hasRemaining() ? Content.Chunk.from(part, false) : null;
    }

    /** What came before it broke off passes, as it would have otherwise. */
    private Content.Chunk lastWords(Content.Chunk failure) throws IOException {
        boolean anyCame = unflushed; // The beginning that a coding has by itself is nothing to send.
        flush();
        Content.Chunk part = anyCame ? part() : null;
        stop(failure);
        return part == null ? failure : part;
    }

    private Content.Chunk stop(Content.Chunk failure) {
        encoder.close();
        end = failure;
        return failure;
    }

    @Override
    public void demand(Runnable task) {
        if (end != null || encoder.isClosed()) {
            task.run();
        } else if (resting) {
            lane.execute(() -> {
                resting = false;
                taken = 0;
                task.run();
            });
        } else {
            source.demand(task);
        }
    }

    @Override
    public void fail(Throwable failure) {
        encoder.close();
        source.fail(failure);
    }
}
