package dev.gapless.proxy;

/**
 * How many requests a paused service holds, and how fast they are released when it is resumed. A request beyond what may be
 * held is answered with 503 and {@code Retry-After}.
 *
 * @param maxRequests how many are held at once, 10,000 by default
 * @param maxBodyBytes how many bytes of their bodies are held at once, in memory or in temporary files, 64 MiB by default.
 *     Bodies of any length are read while their requests are held, so that a client that leaves is noticed; what has been read
 *     counts, and from the beginning the declared length if there is one: a request that declares more than is left is refused
 *     at once, one of unknown length when it has sent more than that. A client that waits for {@code 100 Continue} has sent
 *     nothing, and counts with nothing. What is released counts no more
 * @param releaseConcurrency how many released requests may be under way at once, 64 by default; when the response to one has
 *     begun, or the request has ended otherwise, the next is released
 */
public record HoldLimits(int maxRequests, long maxBodyBytes, int releaseConcurrency) {
    private static final HoldLimits DEFAULTS = new HoldLimits(10_000, 64L << 20, 64);

    /**
     * Checks the limits.
     *
     * @param maxRequests how many are held at once
     * @param maxBodyBytes how many bytes of their bodies are held at once
     * @param releaseConcurrency how many released requests may be in flight at once
     * @throws IllegalArgumentException if the first two are negative or the last is less than 1
     */
    public HoldLimits {
        Checks.notNegative("max held requests", maxRequests);
        Checks.notNegative("max held body bytes", maxBodyBytes);
        Checks.positive("release concurrency", releaseConcurrency);
    }

    /** {@return 10,000 requests, 64 MiB, 64 at once} */
    public static HoldLimits defaults() {
        return DEFAULTS;
    }
}
