package dev.gapless.proxy;

import java.util.List;

/**
 * What is known of a service at one moment.
 *
 * @param name its name
 * @param options its options, as of the last deployment
 * @param targets the targets that take its traffic
 * @param generation counts the deployments of the service, from 1
 * @param state what happens to its requests
 */
public record ServiceInfo(String name, ServiceOptions options, List<TargetInfo> targets, int generation, State state) {
    /**
     * Copies the list.
     *
     * @param name its name
     * @param options its options, as of the last deployment
     * @param targets the targets that take its traffic
     * @param generation counts the deployments of the service, from 1
     * @param state what happens to its requests
     */
    public ServiceInfo {
        targets = List.copyOf(targets);
    }

    /** What happens to the requests of a service. */
    public enum State {
        /** They are forwarded. */
        RUNNING
    }

    /**
     * What is known of a target at one moment.
     *
     * @param address where it listens
     * @param healthy whether it takes requests
     * @param requestsInFlight how many it has been given and not finished
     */
    public record TargetInfo(TargetAddress address, boolean healthy, int requestsInFlight) {}
}
