package dev.gapless.proxy;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;

/**
 * One deployment of a service: which targets take over, with which options, and how long that may take. Immutable;
 * validated by {@link Builder#build()}.
 */
public final class Deployment {
    private final String service;
    private final List<TargetAddress> targets;
    private final List<TargetAddress> readers;
    private final ServiceOptions options;
    private final Duration deployTimeout;
    private final Duration drainTimeout;
    private final boolean force;
    private final Slot slot;

    private Deployment(Builder builder) {
        service = builder.service;
        targets = List.copyOf(builder.targets);
        readers = List.copyOf(builder.readers);
        options = builder.options.orElseGet(ServiceOptions::defaults);
        deployTimeout = builder.deployTimeout;
        drainTimeout = builder.drainTimeout;
        force = builder.force;
        slot = builder.slot;
    }

    /**
     * Returns a builder.
     *
     * @param service the name of the service, new or deployed before
     * @return a builder with default options and no targets
     * @throws IllegalArgumentException if the name is blank or has control characters
     */
    public static Builder builder(String service) {
        return new Builder(Checks.serviceName(service));
    }

    /**
     * Returns a deployment with default options: every host, every path.
     *
     * @param service the name of the service
     * @param targets at least one address, as {@link TargetAddress#parse} reads it
     * @return the deployment
     * @throws IllegalArgumentException if the name or an address is not valid, or there is no address
     */
    public static Deployment of(String service, String... targets) {
        Builder builder = builder(service);
        for (String target : targets) {
            builder.target(target);
        }
        return builder.build();
    }

    /** {@return the name of the service} */
    public String service() {
        return service;
    }

    /** {@return the targets, at least one, each once; where there are {@link #readers} these are the writers} */
    public List<TargetAddress> targets() {
        return targets;
    }

    /** {@return the targets for reads only, each once; none by default} */
    public List<TargetAddress> readers() {
        return readers;
    }

    /**
     * {@return which of the service's deployments this is; the active one by default} A {@linkplain Slot#ROLLOUT rollout} is
     * deployed beside the active one.
     */
    public Slot slot() {
        return slot;
    }

    /** {@return the options that the service has from the swap on; a rollout leaves them as they are} */
    public ServiceOptions options() {
        return options;
    }

    /** {@return how long the targets may take to become healthy; 30 seconds by default} */
    public Duration deployTimeout() {
        return deployTimeout;
    }

    /** {@return how long requests on the replaced targets may take to finish; 30 seconds by default} */
    public Duration drainTimeout() {
        return drainTimeout;
    }

    /** {@return whether the health check is skipped; false by default} */
    public boolean force() {
        return force;
    }

    @Override
    public String toString() {
        return service + " to " + targets;
    }

    /** Builds a {@link Deployment}. Not thread-safe; may be used again after {@link #build()}. */
    public static final class Builder {
        private final String service;
        private final LinkedHashSet<TargetAddress> targets = new LinkedHashSet<>();
        private final LinkedHashSet<TargetAddress> readers = new LinkedHashSet<>();
        private Optional<ServiceOptions> options = Optional.empty();
        private Duration deployTimeout = Duration.ofSeconds(30);
        private Duration drainTimeout = Duration.ofSeconds(30);
        private boolean force;
        private Slot slot = Slot.ACTIVE;

        private Builder(String service) {
            this.service = service;
        }

        /**
         * Adds a target; may be called several times.
         *
         * @param address as {@link TargetAddress#parse} reads it
         * @return this builder
         * @throws IllegalArgumentException if it is not an address
         */
        public Builder target(String address) {
            return target(TargetAddress.parse(address));
        }

        /**
         * Adds a target; may be called several times.
         *
         * @param address where it listens
         * @return this builder
         */
        public Builder target(TargetAddress address) {
            targets.add(address);
            return this;
        }

        /**
         * Adds a target for reads only; may be called several times.
         *
         * @param address as {@link TargetAddress#parse} reads it
         * @return this builder
         * @throws IllegalArgumentException if it is not an address
         */
        public Builder reader(String address) {
            return reader(TargetAddress.parse(address));
        }

        /**
         * Adds a target for reads only; may be called several times.
         *
         * @param address where it listens
         * @return this builder
         */
        public Builder reader(TargetAddress address) {
            readers.add(address);
            return this;
        }

        /**
         * Makes this a rollout: it is deployed beside the active deployment of a service that is there already, takes the
         * place of an earlier rollout, and gets the requests of the clients that {@link Services#splitRollout} says.
         *
         * @return this builder
         */
        public Builder asRollout() {
            this.slot = Slot.ROLLOUT;
            return this;
        }

        /**
         * Sets the options of the service.
         *
         * @param options the options; {@link ServiceOptions#defaults()} if not set
         * @return this builder
         */
        public Builder options(ServiceOptions options) {
            this.options = Optional.of(options);
            return this;
        }

        /**
         * Sets how long the targets may take to become healthy.
         *
         * @param timeout longer than zero; 30 seconds by default
         * @return this builder
         * @throws IllegalArgumentException if it is zero or negative
         */
        public Builder deployTimeout(Duration timeout) {
            this.deployTimeout = Checks.positive("deploy timeout", timeout);
            return this;
        }

        /**
         * Sets how long requests on the replaced targets may take to finish before they are cut.
         *
         * @param timeout zero to cut them at once; 30 seconds by default
         * @return this builder
         * @throws IllegalArgumentException if it is negative
         */
        public Builder drainTimeout(Duration timeout) {
            this.drainTimeout = Checks.notNegative("drain timeout", timeout);
            return this;
        }

        /**
         * Sets whether traffic goes to the targets at once, without a health check.
         *
         * @param force false by default
         * @return this builder
         */
        public Builder force(boolean force) {
            this.force = force;
            return this;
        }

        /**
         * {@return the deployment as set so far}
         *
         * @throws IllegalArgumentException if there is no target, or an address is both writer and reader, or a rollout
         *     comes with options
         */
        public Deployment build() {
            if (targets.isEmpty()) {
                throw new IllegalArgumentException("deployment of \"" + service + "\" has no targets"
                        + (readers.isEmpty() ? "" : " besides the readers " + readers) + "; it needs at least one");
            }
            for (TargetAddress reader : readers) {
                if (targets.contains(reader)) {
                    throw new IllegalArgumentException("target \"" + reader + "\" of \"" + service
                            + "\" is both writer and reader; a writer takes reads where there is no reader");
                }
            }
            if (slot == Slot.ROLLOUT && options.isPresent()) {
                throw new IllegalArgumentException(
                        "rollout of \"" + service + "\" has options; it takes those of the service");
            }
            return new Deployment(this);
        }
    }
}
