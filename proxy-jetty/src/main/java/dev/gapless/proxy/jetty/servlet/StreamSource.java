package dev.gapless.proxy.jetty.servlet;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.Retainable;
import org.jspecify.annotations.Nullable;

/** A body that a filter gives by a stream of its own, from which only a thread can read that waits for it. */
final class StreamSource implements Content.Source {
    private static final int PART_BYTES = 16 * 1024;

    private final InputStream stream;
    private final Executor threads;
    /** What has been read and not been taken yet; that of an end stays. */
    private volatile Content.@Nullable Chunk next;

    StreamSource(InputStream stream, Executor threads) {
        this.stream = stream;
        this.threads = threads;
    }

    @Override
    public Content.@Nullable Chunk read() {
        Content.Chunk chunk = next;
        next = chunk == null ? null : Content.Chunk.next(chunk);
        return chunk;
    }

    @Override
    public void demand(Runnable available) {
        if (next != null) {
            available.run();
            return;
        }
        threads.execute(() -> {
            next = nextPart();
            available.run();
        });
    }

    private Content.Chunk nextPart() {
        byte[] part = new byte[PART_BYTES];
        try {
            int length = stream.read(part);
            return length < 0
                    ? Content.Chunk.EOF
                    : Content.Chunk.asChunk(ByteBuffer.wrap(part, 0, length), false, new Retainable.ReferenceCounter());
        } catch (IOException | RuntimeException | Error e) {
            return Content.Chunk.from(e, true);
        }
    }

    /** Nothing more is read: the container closes the stream. */
    @Override
    public void fail(Throwable failure) {
        next = Content.Chunk.from(failure, true);
    }
}
