package dev.gapless.proxy;

import java.util.List;
import java.util.Optional;

/**
 * What is known of a service at one moment.
 *
 * @param name its name
 * @param options its options, as of the last deployment
 * @param targets the targets of the active deployment, writers before readers
 * @param generation counts the deployments of the service, from 1
 * @param state what happens to its requests
 * @param message what a stopped service tells its clients, or why it could not be restored; empty in other states
 * @param requestsHeld how many requests wait until it is resumed
 * @param rollout the deployment beside the active one, if there is one
 */
public record ServiceInfo(
        String name,
        ServiceOptions options,
        List<TargetInfo> targets,
        int generation,
        State state,
        String message,
        int requestsHeld,
        Optional<RolloutInfo> rollout) {
    /**
     * Copies the list.
     *
     * @param name its name
     * @param options its options, as of the last deployment
     * @param targets the targets of the active deployment, writers before readers
     * @param generation counts the deployments of the service, from 1
     * @param state what happens to its requests
     * @param message what a stopped service tells its clients, or why it could not be restored; empty in other states
     * @param requestsHeld how many requests wait until it is resumed
     * @param rollout the deployment beside the active one, if there is one
     */
    public ServiceInfo {
        targets = List.copyOf(targets);
    }

    /** What happens to the requests of a service. */
    public enum State {
        /** They are forwarded. */
        RUNNING,
        /** They are held until the service is resumed. */
        PAUSED,
        /** They are answered with 503 and a message. */
        STOPPED,
        /** The service was saved by an earlier process and cannot be restored: it has no routes. */
        NOT_RESTORED
    }

    /** What a target is for. */
    public enum Role {
        /** Takes writes, and reads where there is no healthy reader. */
        WRITER,
        /** Takes reads only. */
        READER
    }

    /**
     * What is known of a target at one moment.
     *
     * @param address where it listens
     * @param role what it is for
     * @param healthy whether it takes requests
     * @param requestsInFlight how many it has been given and not finished
     */
    public record TargetInfo(TargetAddress address, Role role, boolean healthy, int requestsInFlight) {}

    /**
     * What is known of a rollout at one moment.
     *
     * @param targets its targets, writers before readers
     * @param split which clients it is for; empty as long as none are
     */
    public record RolloutInfo(List<TargetInfo> targets, Optional<RolloutSplit> split) {
        /**
         * Copies the list.
         *
         * @param targets its targets, writers before readers
         * @param split which clients it is for; empty as long as none are
         */
        public RolloutInfo {
            targets = List.copyOf(targets);
        }
    }
}
