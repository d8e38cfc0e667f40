package dev.gapless.proxy.cache;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A request that waits for the response to another one. Thread-safe. */
public final class Waiting {
    private final Fill fill;
    private final CacheRequest request;
    private final RequestControl control;
    private final Forward why;
    private final Waiter waiter;

    Waiting(Fill fill, CacheRequest request, RequestControl control, Forward why, Waiter waiter) {
        this.fill = fill;
        this.request = request;
        this.control = control;
        this.why = why;
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
        return leave() ? fill.fills().detached(request, control, null, why, now.toEpochMilli()) : null;
    }

    CacheRequest request() {
        return request;
    }

    RequestControl control() {
        return control;
    }

    Forward why() {
        return why;
    }

    Waiter waiter() {
        return waiter;
    }
}
