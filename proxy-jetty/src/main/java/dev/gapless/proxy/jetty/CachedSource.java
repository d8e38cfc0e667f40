package dev.gapless.proxy.jetty;

import dev.gapless.proxy.cache.BodyReader;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EofException;
import org.jspecify.annotations.Nullable;

/** The body of an answer from the cache, stored or still coming, in views without copies. One client reads it, on its lane. */
final class CachedSource implements Content.Source {
    private volatile BodyReader reader;
    private final Executor lane;
    private final AtomicReference<@Nullable Runnable> waiting = new AtomicReference<>();
    private volatile @Nullable Throwable givenUp;

    CachedSource(BodyReader reader, Executor lane) {
        this.reader = reader;
        this.lane = lane;
    }

    /** Has another form of the body read; before any of it is. */
    void readInstead(BodyReader other) {
        reader.close();
        reader = other;
    }

    @Override
    public Content.@Nullable Chunk read() {
        Throwable gone = givenUp;
        if (gone != null) {
            return Content.Chunk.from(gone, true);
        }
        ByteBuffer piece = reader.poll();
        if (piece != null) {
            return Content.Chunk.from(piece, reader.isAtEnd());
        } else if (reader.isAtEnd()) {
            return Content.Chunk.EOF;
        }
        return reader.isCut() ? Content.Chunk.from(new CutException(), true) : null;
    }

    @Override
    public void demand(Runnable task) {
        waiting.set(task);
        if (givenUp != null || !reader.await(this::wake)) {
            wake();
        }
    }

    /** Whoever comes first: more of the body, its end, or the end of its client. */
    private void wake() {
        Runnable task = waiting.getAndSet(null);
        if (task != null) {
            lane.execute(task);
        }
    }

    /** The client has gone: who waits for the rest fails with this. */
    void giveUp(Throwable cause) {
        givenUp = cause;
        reader.close();
        wake();
    }

    @Override
    public void fail(Throwable failure) {
        reader.close();
    }

    /** Reads no more. */
    void close() {
        reader.close();
    }

    /** The body will not come to its end. */
    static final class CutException extends EofException {
        private static final long serialVersionUID = 1L;

        CutException() {
            super("the target has broken off in the middle of the response that was being stored");
        }
    }
}
