package dev.gapless.proxy.jetty.tls;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** When a certificate is renewed, and when what has failed is tried again. */
final class AcmeTiming {
    /** The earliest that anything is looked at again: a clock that runs wrong makes no tight loop. */
    static final Duration SOONEST_CHECK = Duration.ofMinutes(1);

    /** The latest: the clock may be set, and the machine may have slept. */
    static final Duration LATEST_CHECK = Duration.ofHours(6);

    private static final Duration FIRST_RETRY = Duration.ofMinutes(1);
    private static final Duration LAST_RETRY = Duration.ofHours(6);
    /** Let's Encrypt allows five failed validations of a host in an hour. */
    private static final int RETRY_GROWTH = 3;

    private static final Duration LONGEST_RETRY_AFTER = Duration.ofDays(7);
    private static final Duration FIRST_HASTY_RENEWAL = Duration.ofHours(1);
    private static final Duration LAST_HASTY_RENEWAL = Duration.ofDays(1);
    private static final double LIFETIME_UNTIL_RENEWAL = 2 / 3.0;
    /** Of the lifetime, by which renewals of certificates of one age are spread. */
    private static final double JITTER = 0.05;

    private AcmeTiming() {}

    /** The time in which the server suggests to renew (RFC 9773, section 4.2). */
    record Window(Instant start, Instant end) {}

    /**
     * When to renew: at a moment of the window, where the server has named one (RFC 9773, section 4.2), else at two thirds of
     * the lifetime, or a little before.
     *
     * @param chance from 0 to 1, the same whenever it is asked for a certificate
     */
    static Instant renewal(X509Certificate certificate, Optional<Window> window, double chance) {
        if (window.isPresent()) {
            Instant start = window.get().start();
            return start.plus(part(Duration.between(start, window.get().end()), chance));
        }
        Instant start = certificate.getNotBefore().toInstant();
        Duration lifetime = Duration.between(start, certificate.getNotAfter().toInstant());
        return start.plus(part(lifetime, LIFETIME_UNTIL_RENEWAL - JITTER * chance));
    }

    /** In how long to look again whether to renew. */
    static Duration untilCheck(Instant now, Instant renewal) {
        return clamped(Duration.between(now, renewal), SOONEST_CHECK, LATEST_CHECK);
    }

    /** In how long to try again what has failed so often, one after the other. */
    static Duration untilRetry(int failures, Optional<Duration> retryAfter, double chance) {
        Duration delay = growing(FIRST_RETRY, RETRY_GROWTH, failures, LAST_RETRY);
        Duration spread = delay.minus(part(delay, 0.2 * chance));
        return retryAfter
                .map(wanted -> clamped(wanted, spread, LONGEST_RETRY_AFTER))
                .orElse(spread);
    }

    /** In how long a certificate may be renewed that was due when it came: by a wrong clock, or a wrong server. */
    static Duration untilHastyRenewal(int inARow) {
        return growing(FIRST_HASTY_RENEWAL, 2, inARow, LAST_HASTY_RENEWAL);
    }

    private static Duration growing(Duration first, int growth, int times, Duration last) {
        Duration delay = first;
        for (int i = 1; i < times && delay.compareTo(last) < 0; i++) {
            delay = delay.multipliedBy(growth);
        }
        return delay.compareTo(last) < 0 ? delay : last;
    }

    private static Duration part(Duration whole, double share) {
        return Duration.ofMillis((long) (whole.toMillis() * share));
    }

    static Duration clamped(Duration value, Duration least, Duration most) {
        if (value.compareTo(least) < 0) {
            return least;
        }
        return value.compareTo(most) > 0 ? most : value;
    }
}
