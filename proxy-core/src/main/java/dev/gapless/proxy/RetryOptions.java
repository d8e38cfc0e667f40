package dev.gapless.proxy;

import java.util.OptionalInt;

/**
 * When a request whose target failed is sent again, to another target or over a new connection. Immutable; validated by its
 * builder.
 *
 * <p>That is done as long as no response has begun, if nothing of the request was sent or its method is idempotent (RFC 9110,
 * section 9.2.2), and its body is empty, buffered or kept. A target that accepts no connection costs nothing of the budget; it
 * is not asked again for the same request.
 */
public final class RetryOptions {
    private static final RetryOptions DEFAULTS = builder().build();

    private final OptionalInt maxRetries;
    private final int budgetPercent;
    private final int budgetFloor;
    private final boolean nonIdempotent;
    private final int keptBodyBytes;

    private RetryOptions(Builder builder) {
        maxRetries = builder.maxRetries;
        budgetPercent = builder.budgetPercent;
        budgetFloor = builder.budgetFloor;
        nonIdempotent = builder.nonIdempotent;
        keptBodyBytes = builder.keptBodyBytes;
    }

    /** {@return two retries or as many as there are targets, a fifth of the traffic but 100 a second, idempotent ones only} */
    public static RetryOptions defaults() {
        return DEFAULTS;
    }

    /** {@return a builder that starts from the {@linkplain #defaults() defaults}} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return how often a request is sent again; empty (the default) for as many times as there are targets, at least 2} */
    public OptionalInt maxRetries() {
        return maxRetries;
    }

    /** {@return how many requests may be sent again, in percent of those of the second before; 20 by default} */
    public int budgetPercent() {
        return budgetPercent;
    }

    /** {@return how many requests may be sent again in a second, however few there are; 100 by default} */
    public int budgetFloor() {
        return budgetFloor;
    }

    /** {@return whether requests are sent again whose method is not idempotent; false by default} */
    public boolean nonIdempotent() {
        return nonIdempotent;
    }

    /**
     * {@return how many bytes of a body that is not buffered are kept in memory, so that it can be sent again; 64 KiB by default}
     * The body of a longer one is not kept.
     */
    public int keptBodyBytes() {
        return keptBodyBytes;
    }

    /** Builds {@link RetryOptions}. Not thread-safe; may be used again after {@link #build()}. */
    public static final class Builder {
        private OptionalInt maxRetries = OptionalInt.empty();
        private int budgetPercent = 20;
        private int budgetFloor = 100;
        private boolean nonIdempotent;
        private int keptBodyBytes = 64 << 10;

        private Builder() {}

        /**
         * Sets how often a request is sent again.
         *
         * @param retries 0 for never, not even when a target accepts no connection; as many as there are targets by default, at
         *     least 2
         * @return this builder
         * @throws IllegalArgumentException if it is negative
         */
        public Builder maxRetries(int retries) {
            this.maxRetries = OptionalInt.of(Checks.notNegative("max retries", retries));
            return this;
        }

        /**
         * Sets how many requests of the service may be sent again in a second. Those that are sent again because a target
         * accepts no connection do not count.
         *
         * @param percent of the requests of the second before, from 0 to 100; 20 by default
         * @param floor how many at least; 100 by default
         * @return this builder
         * @throws IllegalArgumentException if the percentage is outside 0 to 100 or the floor negative
         */
        public Builder budget(int percent, int floor) {
            if (percent < 0 || percent > 100) {
                throw new IllegalArgumentException("retry budget of " + percent + " percent is outside 0 to 100");
            }
            this.budgetPercent = percent;
            this.budgetFloor = Checks.notNegative("retry budget floor", floor);
            return this;
        }

        /**
         * Sets whether requests are sent again whose method is not idempotent, although a target may have acted on them already:
         * for services that tell such requests apart by a key of their own.
         *
         * @param repeat false by default
         * @return this builder
         */
        public Builder nonIdempotent(boolean repeat) {
            this.nonIdempotent = repeat;
            return this;
        }

        /**
         * Sets how much of a body that is not buffered is kept.
         *
         * @param bytes 64 KiB by default; 0 for nothing
         * @return this builder
         * @throws IllegalArgumentException if it is negative
         */
        public Builder keptBodyBytes(int bytes) {
            this.keptBodyBytes = Checks.notNegative("kept body bytes", bytes);
            return this;
        }

        /** {@return the options as set so far} */
        public RetryOptions build() {
            return new RetryOptions(this);
        }
    }
}
