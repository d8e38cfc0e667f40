package dev.gapless.proxy;

import java.time.Duration;
import java.util.List;

/** One step of a deployment or removal. {@link #at} is the time since {@link Services#deploy} was called. */
public sealed interface DeployEvent {
    /** {@return when it happened, counted from the call} */
    Duration at();

    /**
     * The routes are free and the targets are about to be probed.
     *
     * @param at when
     * @param targets what is deployed
     */
    record Started(Duration at, List<TargetAddress> targets) implements DeployEvent {
        /**
         * Copies the list.
         *
         * @param at when
         * @param targets what is deployed
         */
        public Started {
            targets = List.copyOf(targets);
        }
    }

    /**
     * A target was probed.
     *
     * @param at when the outcome was known
     * @param target which target
     * @param outcome what it answered
     * @param took how long the probe took
     */
    record Probed(Duration at, TargetAddress target, ProbeOutcome outcome, Duration took) implements DeployEvent {}

    /**
     * A target can take traffic.
     *
     * @param at when
     * @param target which target
     */
    record BecameHealthy(Duration at, TargetAddress target) implements DeployEvent {}

    /**
     * New requests go to the new targets from now on.
     *
     * @param at when
     * @param generation the number of this deployment of the service
     */
    record Swapped(Duration at, int generation) implements DeployEvent {}

    /**
     * The rollout can take requests, of those clients that its split says.
     *
     * @param at when
     */
    record RolloutReady(Duration at) implements DeployEvent {}

    /**
     * The drain timeout has passed with requests still in flight on the replaced targets, and they were cut.
     *
     * @param at when
     * @param requests how many
     */
    record RequestsCut(Duration at, int requests) implements DeployEvent {}

    /**
     * No request is in flight on the replaced targets any more, and their connections are closed.
     *
     * @param at when
     * @param took how long the drain took
     */
    record Drained(Duration at, Duration took) implements DeployEvent {}

    /**
     * The deployment failed, and traffic is as before.
     *
     * @param at when
     * @param reason why, for people
     */
    record Failed(Duration at, String reason) implements DeployEvent {}
}
