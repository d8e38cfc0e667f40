package dev.gapless.proxy.jetty;

import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/** A body of a response that fails when it gets too long. */
final class LimitedSource implements Content.Source {
    private final Content.Source source;
    private final long limit;
    private long rest;

    /**
     * Makes a source.
     *
     * @param limit how many bytes it may have
     * @param declared how many it says to have, or -1
     */
    LimitedSource(Content.Source source, long limit, long declared) {
        this.source = source;
        this.limit = limit;
        this.rest = declared > limit ? -1 : limit;
    }

    @Override
    public Content.@Nullable Chunk read() {
        Content.Chunk chunk = rest < 0 ? null : source.read();
        if (chunk != null) {
            rest -= chunk.remaining();
        }
        if (rest >= 0) {
            return chunk;
        }
        if (chunk != null) {
            chunk.release();
        }
        return Content.Chunk.from(new BodyTooLongException(limit), true);
    }

    @Override
    public void demand(Runnable task) {
        if (rest < 0) {
            task.run();
        } else {
            source.demand(task);
        }
    }

    @Override
    public void fail(Throwable failure) {
        source.fail(failure);
    }
}
