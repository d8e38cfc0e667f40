package dev.gapless.proxy.cache;

import dev.gapless.proxy.CacheOptions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * For how long a response is fresh, and how old it is (RFC 9111, section 4.2). Immutable.
 *
 * @param lifetime in milliseconds, or {@link #UNSAID}
 * @param initialAge how old it was when it came, in milliseconds
 * @param date when the origin made it, in milliseconds since 1970
 * @param responseTime when it came, in milliseconds since 1970
 */
record Freshness(long lifetime, long initialAge, long date, long responseTime) {
    /** The lifetime of a response that does not say. */
    static final long UNSAID = -1;

    /** RFC 9110, section 15.1; without 206, which is not stored. */
    private static final Set<Integer> HEURISTIC = Set.of(200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501);

    private static final long LONGEST_GUESS = 86_400_000;

    /** What threads may differ in that read the clock at the same time, and a leap second, in milliseconds. */
    private static final long CLOCK_SKEW = 2000;

    static Freshness of(
            ResponseHead head, CacheControl control, CacheOptions options, long requestTime, long responseTime) {
        long said = HttpDates.parse(head.first("Date"), responseTime);
        long date = said == HttpDates.INVALID ? responseTime : said;
        long lifetime = lifetime(head, control, options, date, responseTime);
        return new Freshness(lifetime, initialAge(head, date, requestTime, responseTime), date, responseTime);
    }

    /** RFC 9111, section 4.2.3. */
    private static long initialAge(ResponseHead head, long date, long requestTime, long responseTime) {
        long apparent = Math.max(0, responseTime - date);
        long delay = Math.max(0, responseTime - requestTime);
        return Math.max(apparent, age(head.value("Age")) * 1000 + delay);
    }

    /**
     * One that is no number, or more than one, is taken for the greatest age there is: freshness that cannot be read is none (RFC
     * 9111, section 4.2.1). Section 5.1 would rather have it ignored, which makes young what may have been stored for long.
     */
    private static long age(@Nullable String value) {
        if (value == null) {
            return 0;
        }
        long seconds = FieldValues.seconds(value.strip());
        return seconds == FieldValues.INVALID ? FieldValues.MOST_SECONDS : seconds;
    }

    /** RFC 9111, section 4.2.1. */
    private static long lifetime(
            ResponseHead head, CacheControl control, CacheOptions options, long date, long responseTime) {
        if (control.sharedMaxAge() != Directives.ABSENT) {
            return control.sharedMaxAge() * 1000;
        }
        if (control.maxAge() != Directives.ABSENT) {
            return control.maxAge() * 1000;
        }
        if (!control.targeted() && head.first("Expires") != null) {
            long expires = HttpDates.parse(head.first("Expires"), responseTime);
            boolean known = expires != HttpDates.INVALID && !head.contradictsItself("Expires");
            return known ? Math.max(0, expires - date) : 0;
        }
        return control.noCache() ? UNSAID : guessed(head, control, options, date, responseTime);
    }

    private static long guessed(
            ResponseHead head, CacheControl control, CacheOptions options, long date, long responseTime) {
        boolean allowed = HEURISTIC.contains(head.status()) || control.isPublic();
        if (!allowed) {
            return UNSAID;
        }
        if (head.status() >= 400 && !options.negativeLifetime().isZero()) {
            return options.negativeLifetime().toMillis();
        }
        long modified = HttpDates.parse(head.first("Last-Modified"), responseTime);
        if (!options.heuristics() || modified == HttpDates.INVALID) {
            return UNSAID;
        }
        return Math.min(Math.max(0, date - modified) / 10, LONGEST_GUESS);
    }

    /**
     * How old the response is, in milliseconds. If the clock was set back since it came, nobody knows for how long it has been here:
     * then it is as old as can be.
     */
    long age(long now) {
        long resident = now - responseTime;
        return resident < -CLOCK_SKEW ? FieldValues.MOST_SECONDS * 1000 : initialAge + Math.max(0, resident);
    }

    /** For how long the response will be fresh, in milliseconds; not positive if it is stale. */
    long remaining(long now) {
        return Math.max(0, lifetime) - age(now);
    }
}
