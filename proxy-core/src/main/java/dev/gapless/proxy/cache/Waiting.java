package dev.gapless.proxy.cache;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A request that waits for the response to another one. Thread-safe. */
public final class Waiting {
    private final Fill fill;
    private final Miss miss;
    private final Waiter waiter;

    Waiting(Fill fill, Miss miss, Waiter waiter) {
        this.fill = fill;
        this.miss = miss;
        this.waiter = waiter;
    }

    /**
     * Ends the wait, as the client has gone.
     *
     * @return false if it was over already: then the waiter is told, or has been
     */
    public boolean leave() {
        return fill.leave(this);
    }

    /**
     * Ends the wait, as it takes too long.
     *
     * @param now the time
     * @return a fill of the request's own; null if the wait was over already: then the waiter is told, or has been
     */
    public @Nullable Fill goAlone(Instant now) {
        return leave() ? fill.fills().alone(miss.unconditional(), now.toEpochMilli()) : null;
    }

    Miss miss() {
        return miss;
    }

    Waiter waiter() {
        return waiter;
    }
}
