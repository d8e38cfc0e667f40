package dev.gapless.proxy.jetty;

import java.io.IOException;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/** A body that an application gives to a handoff. Whatever that does wrong is a failure of the body, and of nothing else. */
final class OwnBody implements Content.Source {
    /** Hears what the application's code has thrown. */
    interface Listener {
        /** {@return what the request fails with} */
        Throwable broke(Throwable cause);
    }

    private final Content.Source source;
    private final long length;
    private final Listener listener;
    private long bytes;
    private volatile @Nullable Throwable failure;

    OwnBody(Content.Source source, Listener listener) {
        this.source = source;
        this.length = source.getLength();
        this.listener = listener;
    }

    @Override
    public long getLength() {
        return length;
    }

    @Override
    public Content.@Nullable Chunk read() {
        Throwable failed = failure;
        if (failed != null) {
            return Content.Chunk.from(failed, true);
        }
        Content.Chunk chunk;
        try {
            chunk = source.read();
        } catch (RuntimeException | Error e) {
            return broken(e);
        }
        return chunk == null ? null : checked(chunk);
    }

    private Content.Chunk checked(Content.Chunk chunk) {
        if (Content.Chunk.isFailure(chunk)) {
            return broken(chunk.getFailure());
        }
        bytes += chunk.remaining();
        if (length >= 0 && (bytes > length || (chunk.isLast() && bytes < length))) {
            chunk.release();
            return broken(new IOException(bytes + " bytes of a body whose length was said to be " + length));
        }
        return chunk;
    }

    private Content.Chunk broken(Throwable cause) {
        Throwable failed = listener.broke(cause);
        failure = failed;
        return Content.Chunk.from(failed, true);
    }

    @Override
    public void demand(Runnable available) {
        try {
            source.demand(available);
        } catch (RuntimeException | Error e) {
            failure = listener.broke(e);
            available.run();
        }
    }

    @Override
    public void fail(Throwable cause) {
        try {
            source.fail(cause);
        } catch (RuntimeException | Error e) {
            listener.broke(e);
        }
    }
}
