package dev.gapless.proxy.jetty;

import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EofException;
import org.jspecify.annotations.Nullable;

/** A body that ends where its connection ends, which must not be taken for whole when that was reset. */
final class ClosedSource implements Content.Source {
    private final Content.Source source;
    private final LaneEndPoint connection;

    ClosedSource(Content.Source source, LaneEndPoint connection) {
        this.source = source;
        this.connection = connection;
    }

    @Override
    public Content.@Nullable Chunk read() {
        Content.Chunk chunk = source.read();
        boolean cutShort = chunk != null && chunk.isLast() && connection.isBroken();
        if (!cutShort || Content.Chunk.isFailure(chunk)) {
            return chunk;
        }
        chunk.release();
        return Content.Chunk.from(new ResetException(), true);
    }

    @Override
    public void demand(Runnable task) {
        source.demand(task);
    }

    @Override
    public void fail(Throwable failure) {
        source.fail(failure);
    }

    /** The target's connection was reset, which the client library takes for the end of the body. */
    static final class ResetException extends EofException {
        private static final long serialVersionUID = 1L;

        ResetException() {
            super("the target has reset its connection in the middle of the response");
        }
    }
}
