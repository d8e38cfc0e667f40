package dev.gapless.proxy;

import java.time.Duration;

/**
 * How many requests that an application hands to one service are under way at once, and how many more wait for a place. Those
 * that wait hold no thread, and get their places in order of arrival; those for which there is no room, or that have waited for too
 * long, are answered with 503 and {@code Retry-After}. Immutable.
 *
 * @param maxConcurrent how many are under way at once, at least 1; a tunnel counts until it ends
 * @param maxQueued how many more may wait; 0 for none
 * @param maxWait how long one waits at most
 */
public record HandoffLimits(int maxConcurrent, int maxQueued, Duration maxWait) {
    private static final HandoffLimits DEFAULTS = new HandoffLimits(10_000, 10_000, Duration.ofSeconds(30));

    /**
     * Checks the limits.
     *
     * @param maxConcurrent how many are under way at once, at least 1; a tunnel counts until it ends
     * @param maxQueued how many more may wait; 0 for none
     * @param maxWait how long one waits at most
     * @throws IllegalArgumentException if one is less than that, or the time is not longer than zero, or longer than 100 years
     */
    public HandoffLimits {
        Checks.positive("max concurrent handoffs", maxConcurrent);
        Checks.notNegative("max queued handoffs", maxQueued);
        Checks.positive("max wait of handoffs", maxWait);
    }

    /** {@return 10,000 under way at once, 10,000 more that wait for up to 30 seconds} */
    public static HandoffLimits defaults() {
        return DEFAULTS;
    }
}
