package dev.gapless.proxy.cache;

import dev.gapless.proxy.CacheOnDeploy;

/** Whether a stored response may be used for a request (RFC 9111, section 4). */
enum Reuse {
    /** It is fresh, or the client takes stale ones. */
    USE,
    /** It is stale, but may be used while it is validated (RFC 5861, section 3). */
    USE_AND_VALIDATE,
    /** It is stale, or was made by another generation, or wants to be validated each time. */
    STALE,
    /** The client wants something newer. */
    REFUSED;

    /** A reason to use what is stored, though it is stale. */
    @FunctionalInterface
    interface Excuse {
        boolean covers(StoredResponse stored, CacheRequest request, RequestControl asked, long now);
    }

    static Reuse of(StoredResponse stored, CacheRequest request, RequestControl asked, long now) {
        long age = stored.freshness().age(now);
        long remaining = stored.freshness().remaining(now);
        if (stored.control().noCache() || !isOfGeneration(stored, request)) {
            return STALE;
        }
        if (asked.noCache() || tooOld(age, asked) || tooShort(remaining, asked)) {
            return REFUSED;
        }
        if (remaining > 0 || takesStale(stored, asked, -remaining)) {
            return USE;
        }
        boolean meanwhile = mayBeStale(stored)
                && within(-remaining, stored.control().staleWhileRevalidate())
                && asked.minFresh() == Directives.ABSENT
                && asked.maxAge() == Directives.ABSENT;
        return meanwhile ? USE_AND_VALIDATE : STALE;
    }

    /** Whether the response may be used as the target answers with an error (RFC 5861, section 4). */
    static boolean onError(StoredResponse stored, CacheRequest request, RequestControl asked, long now) {
        long staleness = -stored.freshness().remaining(now);
        boolean byRequest = !stored.control().forbidsStale() && within(staleness, asked.staleIfError());
        boolean byResponse = within(staleness, stored.control().staleIfError());
        return mayBeStale(stored) && isOfGeneration(stored, request) && (byRequest || byResponse);
    }

    /** Whether the response may be used as there is no answer: if the options say so, too (RFC 9111, section 4.2.4). */
    static boolean onSilence(StoredResponse stored, CacheRequest request, RequestControl asked, long now) {
        long staleness = -stored.freshness().remaining(now);
        boolean byOptions = staleness < request.options().staleIfUnreachable().toMillis()
                && !stored.control().forbidsStale()
                && !asked.limitsAge();
        return onError(stored, request, asked, now) || (byOptions && isOfGeneration(stored, request));
    }

    /** Whether a response that was dropped by a deployment is as good as gone. */
    static boolean isDropped(StoredResponse stored, CacheRequest request) {
        return request.options().onDeploy() == CacheOnDeploy.DROP && stored.generation() != request.generation();
    }

    /** Whether the deployment that answers is that which has made what is stored, or takes that over. */
    static boolean isOfGeneration(StoredResponse stored, CacheRequest request) {
        return request.options().onDeploy() == CacheOnDeploy.KEEP || stored.generation() == request.generation();
    }

    private static boolean tooOld(long age, RequestControl asked) {
        return asked.maxAge() != Directives.ABSENT && age > asked.maxAge() * 1000;
    }

    private static boolean tooShort(long remaining, RequestControl asked) {
        return asked.minFresh() != Directives.ABSENT && remaining < asked.minFresh() * 1000;
    }

    private static boolean takesStale(StoredResponse stored, RequestControl asked, long staleness) {
        return !stored.control().forbidsStale() && within(staleness, asked.maxStale());
    }

    private static boolean within(long staleness, long seconds) {
        return seconds != Directives.ABSENT && staleness <= seconds * 1000;
    }

    /**
     * {@code s-maxage} means {@code proxy-revalidate} too (RFC 9111, section 5.2.2.10), but who gives it together with leave to use
     * what is stale wants that leave to count.
     */
    private static boolean mayBeStale(StoredResponse stored) {
        CacheControl control = stored.control();
        return !control.noCache() && !control.mustRevalidate() && !control.proxyRevalidate();
    }
}
