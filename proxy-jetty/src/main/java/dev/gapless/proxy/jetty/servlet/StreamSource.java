package dev.gapless.proxy.jetty.servlet;

import java.io.InputStream;
import java.util.concurrent.Executor;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/** A body that a filter gives by a stream of its own, from which only a thread can read that waits for it. */
final class StreamSource implements Content.Source {
    private final Content.Source stream;
    private final Executor threads;
    /** What has been read and not been taken yet; that of an end stays. */
    private volatile Content.@Nullable Chunk next;

    StreamSource(InputStream stream, Executor threads) {
        this.stream = Content.Source.from(stream);
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
            next = stream.read();
            available.run();
        });
    }

    @Override
    public void fail(Throwable failure) {
        stream.fail(failure);
    }
}
