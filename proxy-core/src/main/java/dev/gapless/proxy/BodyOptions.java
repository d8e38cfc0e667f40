package dev.gapless.proxy;

import java.util.OptionalLong;

/**
 * What becomes of the bodies of a service's requests and responses on their way. Immutable; validated by its builder.
 *
 * <p>A buffered request reaches its target whole, with its exact length; the target is not chosen before. Of a buffered response
 * the client gets nothing before it is whole, and the target is free as soon as it has written it. Streams are never buffered:
 * gRPC, upgrades, and responses that are {@code text/event-stream} or say {@code X-Accel-Buffering: no}.
 */
public final class BodyOptions {
    private static final BodyOptions DEFAULTS = builder().build();

    private final Buffering requestBuffering;
    private final Buffering responseBuffering;
    private final long bufferMemory;
    private final OptionalLong maxRequestBytes;
    private final OptionalLong maxResponseBytes;
    private final Pace requestPace;
    private final Pace responsePace;

    private BodyOptions(Builder builder) {
        requestBuffering = builder.requestBuffering;
        responseBuffering = builder.responseBuffering;
        bufferMemory = builder.bufferMemory;
        maxRequestBytes = builder.maxRequestBytes;
        maxResponseBytes = builder.maxResponseBytes;
        requestPace = builder.requestPace;
        responsePace = builder.responsePace;
    }

    /** {@return automatic buffering both ways, up to 1 MiB in memory, no limits of length, the default pace} */
    public static BodyOptions defaults() {
        return DEFAULTS;
    }

    /** {@return a builder that starts from the {@linkplain #defaults() defaults}} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return which bodies of requests are buffered; {@link Buffering#AUTOMATIC} by default} */
    public Buffering requestBuffering() {
        return requestBuffering;
    }

    /** {@return which bodies of responses are buffered; {@link Buffering#AUTOMATIC} by default} */
    public Buffering responseBuffering() {
        return responseBuffering;
    }

    /**
     * {@return how many bytes of a body are buffered in memory, before the rest and they go to a temporary file; 1 MiB by default}
     * Also the largest declared length that {@link Buffering#AUTOMATIC} buffers.
     */
    public long bufferMemory() {
        return bufferMemory;
    }

    /** {@return how long the body of a request may be, in bytes, before it is 413; no limit by default} */
    public OptionalLong maxRequestBytes() {
        return maxRequestBytes;
    }

    /**
     * {@return how long the body of a response may be, in bytes; no limit by default} A longer one is 500 if the client has not
     * got its head yet, and is cut otherwise.
     */
    public OptionalLong maxResponseBytes() {
        return maxResponseBytes;
    }

    /** {@return how slowly a client may send; {@link Pace#defaults()} by default} One that is slower gets 408. */
    public Pace requestPace() {
        return requestPace;
    }

    /** {@return how slowly a client may receive; {@link Pace#defaults()} by default} One that is slower is cut. */
    public Pace responsePace() {
        return responsePace;
    }

    /** Builds {@link BodyOptions}. Not thread-safe; may be used again after {@link #build()}. */
    public static final class Builder {
        private Buffering requestBuffering = Buffering.AUTOMATIC;
        private Buffering responseBuffering = Buffering.AUTOMATIC;
        private long bufferMemory = 1 << 20;
        private OptionalLong maxRequestBytes = OptionalLong.empty();
        private OptionalLong maxResponseBytes = OptionalLong.empty();
        private Pace requestPace = Pace.defaults();
        private Pace responsePace = Pace.defaults();

        private Builder() {}

        /**
         * Sets which bodies of requests are buffered.
         *
         * @param buffering {@link Buffering#AUTOMATIC} by default
         * @return this builder
         */
        public Builder requestBuffering(Buffering buffering) {
            this.requestBuffering = buffering;
            return this;
        }

        /**
         * Sets which bodies of responses are buffered.
         *
         * @param buffering {@link Buffering#AUTOMATIC} by default
         * @return this builder
         */
        public Builder responseBuffering(Buffering buffering) {
            this.responseBuffering = buffering;
            return this;
        }

        /**
         * Sets how much of a body is buffered in memory.
         *
         * @param bytes 1 MiB by default; 0 for none
         * @return this builder
         * @throws IllegalArgumentException if it is negative
         */
        public Builder bufferMemory(long bytes) {
            if (bytes < 0) {
                throw new IllegalArgumentException("buffer memory " + bytes + " must be 0 or more bytes");
            }
            this.bufferMemory = bytes;
            return this;
        }

        /**
         * Limits the bodies of requests.
         *
         * @param bytes at least 1; no limit by default
         * @return this builder
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder maxRequestBytes(long bytes) {
            this.maxRequestBytes = OptionalLong.of(Checks.positive("max request bytes", bytes));
            return this;
        }

        /**
         * Limits the bodies of responses.
         *
         * @param bytes at least 1; no limit by default
         * @return this builder
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder maxResponseBytes(long bytes) {
            this.maxResponseBytes = OptionalLong.of(Checks.positive("max response bytes", bytes));
            return this;
        }

        /**
         * Sets how slowly a client may send.
         *
         * @param pace {@link Pace#defaults()} by default
         * @return this builder
         */
        public Builder requestPace(Pace pace) {
            this.requestPace = pace;
            return this;
        }

        /**
         * Sets how slowly a client may receive.
         *
         * @param pace {@link Pace#defaults()} by default
         * @return this builder
         */
        public Builder responsePace(Pace pace) {
            this.responsePace = pace;
            return this;
        }

        /** {@return the options as set so far} */
        public BodyOptions build() {
            return new BodyOptions(this);
        }
    }
}
