package dev.gapless.proxy.cache;

import java.util.function.Supplier;

/** Who sent a request that waits for the response to another one. */
@FunctionalInterface
public interface Waiter {
    /**
     * The wait is over. Called at most once, by the thread that made it so, under no lock; it may be called before the call that
     * began the wait has returned. It must not block.
     *
     * @param decision says what is to be done: an {@link CacheDecision.Answer} or an {@link CacheDecision.Ask}. To be asked once, or
     *     not at all if the client has gone; by a thread of the request's own, as it reads the request, and many may wait
     */
    void released(Supplier<CacheDecision> decision);
}
