package dev.gapless.proxy.cache;

/** Who sent a request that waits for the response to another one. */
@FunctionalInterface
public interface Waiter {
    /**
     * The wait is over. Called at most once, by the thread that made it so, under no lock; it may be called before the call that
     * began the wait has returned. It must not block.
     *
     * @param decision an {@link CacheDecision.Answer} or an {@link CacheDecision.Ask}
     */
    void decided(CacheDecision decision);
}
