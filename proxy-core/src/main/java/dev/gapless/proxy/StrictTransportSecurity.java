package dev.gapless.proxy;

import java.time.Duration;
import java.util.Objects;

/**
 * Tells browsers to come over TLS only, from their first visit over TLS on (HSTS, RFC 6797). Immutable.
 *
 * <pre>{@code
 * StrictTransportSecurity.of(Duration.ofDays(365)).includingSubDomains()
 * }</pre>
 *
 * <p>What browsers have been told they keep for that long, whatever the service does then: begin with a short time.
 */
public final class StrictTransportSecurity {
    private static final Duration LEAST_FOR_PRELOAD = Duration.ofDays(365);

    private final Duration maxAge;
    private final boolean subDomains;
    private final boolean preload;

    private StrictTransportSecurity(Duration maxAge, boolean subDomains, boolean preload) {
        this.maxAge = Checks.notNegative("strict transport security's max age", maxAge);
        this.subDomains = subDomains;
        this.preload = preload;
    }

    /**
     * {@return what is meant for the host of the request alone}
     *
     * @param maxAge how long a browser shall keep to it, counted anew with each response, in whole seconds; zero has it forget
     * @throws IllegalArgumentException if it is negative, or 100 years or longer
     */
    public static StrictTransportSecurity of(Duration maxAge) {
        return new StrictTransportSecurity(maxAge, false, false);
    }

    /** {@return the same for all names below the host as well} */
    public StrictTransportSecurity includingSubDomains() {
        return new StrictTransportSecurity(maxAge, true, preload);
    }

    /**
     * {@return the same, and browsers' makers may build it in} Which is hard to take back.
     *
     * @throws IllegalArgumentException if it does not include subdomains or is for less than a year: their list takes no such
     */
    public StrictTransportSecurity preloaded() {
        if (!subDomains || maxAge.compareTo(LEAST_FOR_PRELOAD) < 0) {
            throw new IllegalArgumentException("strict transport security \"" + headerValue()
                    + "\" cannot be preloaded; expected one that includes subdomains, for " + LEAST_FOR_PRELOAD.toDays()
                    + " days or more");
        }
        return new StrictTransportSecurity(maxAge, true, true);
    }

    /** {@return how long a browser shall keep to it} */
    public Duration maxAge() {
        return maxAge;
    }

    /** {@return whether it is for all names below the host, too; false by default} */
    public boolean includesSubDomains() {
        return subDomains;
    }

    /** {@return whether browsers may have it built in; false by default} */
    public boolean isPreloaded() {
        return preload;
    }

    /** {@return the value of the header field {@code Strict-Transport-Security}} */
    public String headerValue() {
        return "max-age=" + maxAge.toSeconds() + (subDomains ? "; includeSubDomains" : "")
                + (preload ? "; preload" : "");
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof StrictTransportSecurity that && headerValue().equals(that.headerValue());
    }

    @Override
    public int hashCode() {
        return Objects.hash(headerValue());
    }

    @Override
    public String toString() {
        return headerValue();
    }
}
