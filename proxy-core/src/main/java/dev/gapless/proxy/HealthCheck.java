package dev.gapless.proxy;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How a target is asked whether it can take traffic: a {@code GET} that any 2xx status answers with yes.
 *
 * <p>While a service is deployed each new target is probed every {@linkplain #interval interval} until it is healthy. A
 * pool of several targets is probed for as long as it lives, and a target leaves it after {@link #failuresUntilUnhealthy}
 * failures in a row and returns after {@link #successesUntilHealthy} successes in a row. The only target of a pool is not
 * probed any more once it is healthy.
 *
 * <p>A redirect is followed within the target, never to another address. Immutable.
 */
public final class HealthCheck {
    private static final HealthCheck DEFAULTS = builder().build();

    private final String path;
    private final OptionalInt port;
    private final Optional<String> host;
    private final Duration interval;
    private final Duration timeout;
    private final int failuresUntilUnhealthy;
    private final int successesUntilHealthy;

    private HealthCheck(Builder builder) {
        path = builder.path;
        port = builder.port;
        host = builder.host;
        interval = builder.interval;
        timeout = builder.timeout;
        failuresUntilUnhealthy = builder.failuresUntilUnhealthy;
        successesUntilHealthy = builder.successesUntilHealthy;
    }

    /** {@return the default check: {@code GET /up} every second, with five seconds to answer} */
    public static HealthCheck defaults() {
        return DEFAULTS;
    }

    /** {@return a builder that starts from the {@linkplain #defaults() defaults}} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return the path asked for, with its query if there is one; {@code /up} by default} */
    public String path() {
        return path;
    }

    /** {@return the path asked for, without its query} */
    public String pathWithoutQuery() {
        int mark = path.indexOf('?');
        return mark < 0 ? path : path.substring(0, mark);
    }

    /** {@return the port that is asked; empty (the default) for the target's own} */
    public OptionalInt port() {
        return port;
    }

    /** {@return the Host header sent; empty (the default) for the target's own address} */
    public Optional<String> host() {
        return host;
    }

    /** {@return the time from one probe's end to the next one's beginning; one second by default} */
    public Duration interval() {
        return interval;
    }

    /** {@return how long a target may take to answer a probe; five seconds by default} */
    public Duration timeout() {
        return timeout;
    }

    /** {@return after how many failures in a row a target of several leaves the rotation; 1 by default} */
    public int failuresUntilUnhealthy() {
        return failuresUntilUnhealthy;
    }

    /** {@return after how many successes in a row a target that has left returns; 1 by default} */
    public int successesUntilHealthy() {
        return successesUntilHealthy;
    }

    @Override
    public String toString() {
        return "GET " + path
                + port.stream().mapToObj(p -> " on port " + p).findFirst().orElse("");
    }

    /** Builds a {@link HealthCheck}. Not thread-safe; may be used again after {@link #build()}. */
    public static final class Builder {
        private String path = "/up";
        private OptionalInt port = OptionalInt.empty();
        private Optional<String> host = Optional.empty();
        private Duration interval = Duration.ofSeconds(1);
        private Duration timeout = Duration.ofSeconds(5);
        private int failuresUntilUnhealthy = 1;
        private int successesUntilHealthy = 1;

        private Builder() {}

        /**
         * Sets the path to ask for.
         *
         * @param path an absolute path, with a query if needed
         * @return this builder
         * @throws IllegalArgumentException if it does not start with a slash or cannot be sent as it stands
         */
        public Builder path(String path) {
            this.path = Checks.requestTarget("health check path", path);
            return this;
        }

        /**
         * Sets another port to ask on than the one that takes the traffic.
         *
         * @param port 1 to 65535
         * @return this builder
         * @throws IllegalArgumentException if the port is outside that range
         */
        public Builder port(int port) {
            this.port = OptionalInt.of(Checks.port("health check port", port));
            return this;
        }

        /**
         * Sets the Host header of the probes.
         *
         * @param host a host, with a port if needed
         * @return this builder
         * @throws IllegalArgumentException if it is empty or has characters that no Host header may have
         */
        public Builder host(String host) {
            this.host = Optional.of(HostNames.checkHostHeader(host));
            return this;
        }

        /**
         * Sets the time between two probes.
         *
         * @param interval longer than zero
         * @return this builder
         * @throws IllegalArgumentException if it is zero or negative
         */
        public Builder interval(Duration interval) {
            this.interval = Checks.positive("health check interval", interval);
            return this;
        }

        /**
         * Sets how long a target may take to answer.
         *
         * @param timeout longer than zero
         * @return this builder
         * @throws IllegalArgumentException if it is zero or negative
         */
        public Builder timeout(Duration timeout) {
            this.timeout = Checks.positive("health check timeout", timeout);
            return this;
        }

        /**
         * Sets after how many failures in a row a target of several leaves the rotation.
         *
         * @param failures at least 1
         * @return this builder
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder failuresUntilUnhealthy(int failures) {
            this.failuresUntilUnhealthy = Checks.positive("failures until unhealthy", failures);
            return this;
        }

        /**
         * Sets after how many successes in a row a target that has left the rotation returns.
         *
         * @param successes at least 1
         * @return this builder
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder successesUntilHealthy(int successes) {
            this.successesUntilHealthy = Checks.positive("successes until healthy", successes);
            return this;
        }

        /** {@return the check as set so far} */
        public HealthCheck build() {
            return new HealthCheck(this);
        }
    }
}
