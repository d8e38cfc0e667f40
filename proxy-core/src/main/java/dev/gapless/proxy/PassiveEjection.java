package dev.gapless.proxy;

import java.time.Duration;

/**
 * Takes a target of several out of the rotation for a while when requests to it fail in a row, be it that it accepts no
 * connection or that it answers with 5xx. The last target that is left is spared, and one that was ejected is used all the
 * same where no other is healthy.
 *
 * @param consecutiveFailures how many failures in a row it takes, at least 1
 * @param duration for how long the target is out, longer than zero
 */
public record PassiveEjection(int consecutiveFailures, Duration duration) {
    /**
     * Checks the values.
     *
     * @param consecutiveFailures how many failures in a row it takes
     * @param duration for how long the target is out
     * @throws IllegalArgumentException if the number is less than 1 or the duration not longer than zero
     */
    public PassiveEjection {
        Checks.positive("consecutive failures", consecutiveFailures);
        Checks.positive("ejection time", duration);
    }
}
