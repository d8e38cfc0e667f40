package dev.gapless.proxy.cache;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is to be done with a request. */
public sealed interface CacheDecision {
    /**
     * Forward it as if there were no cache; then {@link HttpCache#forwarded} is told of the response.
     *
     * @param added the fields to add to the response
     */
    record Bypass(List<Field> added) implements CacheDecision {}

    /**
     * Answer it.
     *
     * @param answer with this
     * @param revalidation what the target is to be asked meanwhile, for others; null if nothing. No client is there to be
     *     answered
     */
    record Answer(CacheAnswer answer, @Nullable Fill revalidation) implements CacheDecision {}

    /**
     * Forward it, and tell the fill what comes of it.
     *
     * @param fill told of the response; to be {@linkplain Fill#close closed} whatever happens
     */
    record Ask(Fill fill) implements CacheDecision {}

    /**
     * Wait: another request has asked for the same. Its {@link Waiter} is told.
     *
     * @param waiting to leave with, when the client goes or has waited for long enough
     */
    record Wait(Waiting waiting) implements CacheDecision {}
}
