package dev.gapless.proxy.jetty;

import dev.gapless.proxy.cache.Fill;
import java.util.concurrent.Executor;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.IteratingCallback;
import org.eclipse.jetty.util.thread.Invocable;
import org.jspecify.annotations.Nullable;

/**
 * Has a target's body stored, at the pace of the target: the clients that are to get it read what is stored. Without a fill it
 * drops the body, as far as that is short.
 */
final class FillFeed extends IteratingCallback implements TargetBody {
    /** Hears how it goes. */
    interface Outcome {
        /** What there was of the body at first has been taken. */
        void fed();

        /** The target is to send more. */
        void waitsForTarget();

        /** The rest is not read. */
        void feedFailed(Throwable cause);
    }

    /** What is dropped so that the connection can be used again; one with more to come is closed. */
    private static final long MOST_DROPPED = 64 << 10;

    private final Content.Source source;
    private final @Nullable Fill fill;
    private final Caching caching;
    private final Executor lane;
    private final Outcome outcome;
    private final Runnable onAvailable = Invocable.from(InvocationType.NON_BLOCKING, this::iterate);
    private volatile boolean ended;
    private long bytes;

    /**
     * Makes a feed.
     *
     * @param lane where it goes on after it has waited for room
     */
    FillFeed(Content.Source source, @Nullable Fill fill, Caching caching, Executor lane, Outcome outcome) {
        this.source = source;
        this.fill = fill;
        this.caching = caching;
        this.lane = lane;
        this.outcome = outcome;
    }

    @Override
    public void begin() {
        iterate();
        outcome.fed();
    }

    @Override
    public boolean hasEnded() {
        return ended;
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public InvocationType getInvocationType() {
        return InvocationType.NON_BLOCKING;
    }

    @Override
    protected Action process() throws Throwable {
        while (true) {
            Content.Chunk chunk = source.read();
            if (chunk == null) {
                outcome.waitsForTarget();
                source.demand(onAvailable);
                return Action.IDLE;
            }
            if (Content.Chunk.isFailure(chunk)) {
                throw chunk.getFailure();
            }
            boolean more = take(chunk);
            if (chunk.isLast()) {
                ended = true;
                return Action.SUCCEEDED;
            }
            if (!more) {
                return Action.IDLE;
            }
        }
    }

    private boolean take(Content.Chunk chunk) {
        bytes += chunk.remaining();
        try {
            if (fill == null && bytes > MOST_DROPPED) {
                throw new UnwantedException();
            }
            return fill == null || !chunk.hasRemaining() || fill.append(chunk.getByteBuffer(), this::thereIsRoom);
        } finally {
            chunk.release();
        }
    }

    /**
     * Reads on where all else is read. Elsewhere the client library reports the end of the response before the read that finds
     * it returns, and the fill would be closed before it is complete.
     */
    private void thereIsRoom() {
        lane.execute(() -> source.demand(onAvailable));
    }

    @Override
    protected void onCompleteSuccess() {
        if (fill != null) {
            fill.complete(caching.now());
        }
    }

    @Override
    protected void onCompleteFailure(Throwable failure) {
        if (fill != null) {
            fill.close(caching.now());
        }
        outcome.feedFailed(failure);
    }

    /** Nobody wants the rest of a response. */
    static final class UnwantedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        UnwantedException() {
            super("nobody wants the rest of the response", null, false, false);
        }
    }
}
