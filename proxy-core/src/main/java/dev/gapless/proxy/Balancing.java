package dev.gapless.proxy;

import java.time.Duration;
import java.util.Optional;

/**
 * How the requests of a service are shared among its targets. Immutable; validated by its builder.
 *
 * <p>A service may have <em>readers</em> besides its writers. {@code GET} and {@code HEAD} are reads and go to a reader, or
 * to a writer if no reader is healthy; all else goes to writers. After a write the client has a cookie, {@link
 * #WRITER_COOKIE}, which sends its reads to the writers for a while, so that it sees what it has written.
 */
public final class Balancing {
    /** The cookie of a client that has written; its value is the end of its affinity in milliseconds since 1970. */
    public static final String WRITER_COOKIE = "kamal-writer";

    private static final Balancing DEFAULTS = builder().build();

    private final LoadBalancing policy;
    private final Optional<PassiveEjection> ejection;
    private final Duration writerAffinity;
    private final boolean webSocketsToReaders;

    private Balancing(Builder builder) {
        policy = builder.policy;
        ejection = builder.ejection;
        writerAffinity = builder.writerAffinity;
        webSocketsToReaders = builder.webSocketsToReaders;
    }

    /** {@return round robin, no ejection, a second of affinity, WebSockets to writers} */
    public static Balancing defaults() {
        return DEFAULTS;
    }

    /** {@return a builder that starts from the {@linkplain #defaults() defaults}} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return how one of several targets is chosen; round robin by default} */
    public LoadBalancing policy() {
        return policy;
    }

    /** {@return when failing requests take a target out; empty (the default) for never} */
    public Optional<PassiveEjection> ejection() {
        return ejection;
    }

    /** {@return for how long a client's reads go to writers after it has written; a second by default, zero for never} */
    public Duration writerAffinity() {
        return writerAffinity;
    }

    /** {@return whether WebSocket upgrades count as reads; false by default} */
    public boolean webSocketsToReaders() {
        return webSocketsToReaders;
    }

    /** Builds {@link Balancing}. Not thread-safe; may be used again after {@link #build()}. */
    public static final class Builder {
        private LoadBalancing policy = LoadBalancing.ROUND_ROBIN;
        private Optional<PassiveEjection> ejection = Optional.empty();
        private Duration writerAffinity = Duration.ofSeconds(1);
        private boolean webSocketsToReaders;

        private Builder() {}

        /**
         * Sets how one of several targets is chosen.
         *
         * @param policy round robin by default
         * @return this builder
         */
        public Builder policy(LoadBalancing policy) {
            this.policy = policy;
            return this;
        }

        /**
         * Sets when failing requests take a target out.
         *
         * @param ejection never by default
         * @return this builder
         */
        public Builder ejection(PassiveEjection ejection) {
            this.ejection = Optional.of(ejection);
            return this;
        }

        /**
         * Sets for how long a client's reads go to writers after it has written.
         *
         * @param time a second by default; zero for never
         * @return this builder
         * @throws IllegalArgumentException if it is negative
         */
        public Builder writerAffinity(Duration time) {
            this.writerAffinity = Checks.notNegative("writer affinity", time);
            return this;
        }

        /**
         * Sets whether WebSocket upgrades count as reads.
         *
         * @param toReaders false by default
         * @return this builder
         */
        public Builder webSocketsToReaders(boolean toReaders) {
            this.webSocketsToReaders = toReaders;
            return this;
        }

        /** {@return the settings as made so far} */
        public Balancing build() {
            return new Balancing(this);
        }
    }
}
