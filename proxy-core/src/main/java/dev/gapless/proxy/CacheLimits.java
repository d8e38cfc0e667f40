package dev.gapless.proxy;

/**
 * How much the cache of a proxy keeps, for all its services together.
 *
 * @param maxBytes how many bytes of responses are stored, with what it costs to keep them; 64 MiB by default. The least useful
 *     ones are given up for others
 * @param maxObjectBytes how long the body of a stored response may be, 1 MiB by default; longer ones pass unstored
 * @param maxFillBytes how many bytes of responses that are still coming are kept, 32 MiB by default; what begins beyond that
 *     passes unstored
 * @param maxWaiting how many requests wait at once for a response that another request has asked for, 65,536 by default; those
 *     beyond that ask their target themselves
 */
public record CacheLimits(long maxBytes, long maxObjectBytes, long maxFillBytes, int maxWaiting) {
    private static final CacheLimits DEFAULTS = new CacheLimits(64L << 20, 1L << 20, 32L << 20, 65_536);

    /**
     * Checks the limits.
     *
     * @param maxBytes how many bytes of responses are stored
     * @param maxObjectBytes how long the body of one may be
     * @param maxFillBytes how many bytes of responses that are still coming are kept
     * @param maxWaiting how many requests wait at once
     * @throws IllegalArgumentException if one is negative, or an object may be larger than 1 GiB or than all together
     */
    public CacheLimits {
        Checks.notNegative("max cache bytes", maxBytes);
        Checks.notNegative("max object bytes", maxObjectBytes);
        Checks.notNegative("max fill bytes", maxFillBytes);
        Checks.notNegative("max waiting requests", maxWaiting);
        if (maxObjectBytes > Math.min(maxBytes, 1L << 30)) {
            throw new IllegalArgumentException("max object bytes " + maxObjectBytes + " must be at most "
                    + Math.min(maxBytes, 1L << 30) + " (all bytes together, or 1 GiB)");
        }
    }

    /** {@return 64 MiB in all, 1 MiB an object, 32 MiB of those that are coming, 65,536 waiting requests} */
    public static CacheLimits defaults() {
        return DEFAULTS;
    }

    /**
     * {@return the default limits, with other bytes in all}
     *
     * @param maxBytes how many bytes of responses are stored
     */
    public static CacheLimits ofBytes(long maxBytes) {
        return new CacheLimits(
                maxBytes, Math.min(maxBytes, DEFAULTS.maxObjectBytes), DEFAULTS.maxFillBytes, DEFAULTS.maxWaiting);
    }
}
