package dev.gapless.proxy;

import java.time.Duration;

/**
 * How long the tunnels of a service live: connections that a client has had upgraded, to WebSocket or another protocol. Immutable;
 * validated by its builder.
 *
 * <p>When the target or the service drains, or the proxy stops, each WebSocket gets a close frame at a random moment of the first
 * half of that time, and then has the rest of it to answer. Other tunnels are left alone. What is still open at the end is cut.
 */
public final class TunnelOptions {
    private static final int GOING_AWAY = 1001;
    private static final int SERVICE_RESTART = 1012;

    private static final TunnelOptions DEFAULTS = builder().build();

    private final Duration idleTime;
    private final int closeCode;

    private TunnelOptions(Builder builder) {
        idleTime = builder.idleTime;
        closeCode = builder.closeCode;
    }

    /** {@return an hour of idle time, close code 1001} */
    public static TunnelOptions defaults() {
        return DEFAULTS;
    }

    /** {@return a builder that starts from the {@linkplain #defaults() defaults}} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return for how long nothing may pass a tunnel, neither way, before it is closed; an hour by default} */
    public Duration idleTime() {
        return idleTime;
    }

    /**
     * {@return the code in the close frame that a WebSocket gets when it has to go; 1001 by default} 1001 is "going away" (RFC
     * 6455, section 7.4.1), 1012 "service restart" (IANA's registry of WebSocket close codes).
     */
    public int closeCode() {
        return closeCode;
    }

    /** Builds {@link TunnelOptions}. Not thread-safe; may be used again after {@link #build()}. */
    public static final class Builder {
        private Duration idleTime = Duration.ofHours(1);
        private int closeCode = GOING_AWAY;

        private Builder() {}

        /**
         * Sets for how long nothing may pass a tunnel, neither way, before it is closed.
         *
         * @param time longer than zero; an hour by default
         * @return this builder
         * @throws IllegalArgumentException if it is zero or negative
         */
        public Builder idleTime(Duration time) {
            this.idleTime = Checks.positive("idle time of a tunnel", time);
            return this;
        }

        /**
         * Sets the code in the close frame that a WebSocket gets when it has to go.
         *
         * @param code 1001 (going away), the default, or 1012 (service restart)
         * @return this builder
         * @throws IllegalArgumentException if it is any other
         */
        public Builder closeCode(int code) {
            if (code != GOING_AWAY && code != SERVICE_RESTART) {
                throw new IllegalArgumentException(
                        "close code " + code + " must be 1001 (going away) or 1012 (service restart)");
            }
            this.closeCode = code;
            return this;
        }

        /** {@return the options as set so far} */
        public TunnelOptions build() {
            return new TunnelOptions(this);
        }
    }
}
