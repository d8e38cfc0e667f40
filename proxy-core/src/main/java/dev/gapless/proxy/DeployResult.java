package dev.gapless.proxy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a deployment did, step by step.
 *
 * @param service the service
 * @param startedAt when {@link Services#deploy} was called
 * @param timeline the steps, in order of time
 */
public record DeployResult(String service, Instant startedAt, List<DeployEvent> timeline) {
    /**
     * Copies the list.
     *
     * @param service the service
     * @param startedAt when {@link Services#deploy} was called
     * @param timeline the steps, in order of time
     */
    public DeployResult {
        timeline = List.copyOf(timeline);
    }

    /** {@return the number of this deployment of the service, from 1; 0 if it did not come to the swap} */
    public int generation() {
        return timeline.stream()
                .filter(DeployEvent.Swapped.class::isInstance)
                .mapToInt(event -> ((DeployEvent.Swapped) event).generation())
                .findFirst()
                .orElse(0);
    }

    /** {@return the time from the call to the swap; empty if it did not come to that} */
    public Optional<Duration> timeToSwap() {
        return first(DeployEvent.Swapped.class).map(DeployEvent::at);
    }

    /** {@return how long the replaced targets took to drain; empty if there were none, or it did not come to that} */
    public Optional<Duration> drainTime() {
        return first(DeployEvent.Drained.class).map(DeployEvent.Drained::took);
    }

    /** {@return how many requests were cut because the drain timeout had passed} */
    public int requestsCut() {
        return first(DeployEvent.RequestsCut.class)
                .map(DeployEvent.RequestsCut::requests)
                .orElse(0);
    }

    /** {@return the steps in words, a line each} */
    public String describe() {
        return timeline.stream().map(DeployResult::describe).collect(Collectors.joining("\n"));
    }

    private <E extends DeployEvent> Optional<E> first(Class<E> type) {
        return timeline.stream().filter(type::isInstance).map(type::cast).findFirst();
    }

    private static String describe(DeployEvent event) {
        return String.format(Locale.ROOT, "%+9.1f ms  %s", millis(event.at()), words(event));
    }

    private static String words(DeployEvent event) {
        if (event instanceof DeployEvent.Started started) {
            return "started, targets " + started.targets();
        } else if (event instanceof DeployEvent.Probed probed) {
            return String.format(
                    Locale.ROOT, "probed %s: %s (%.1f ms)", probed.target(), probed.outcome(), millis(probed.took()));
        } else if (event instanceof DeployEvent.BecameHealthy healthy) {
            return healthy.target() + " became healthy";
        } else if (event instanceof DeployEvent.Swapped swapped) {
            return "swapped, generation " + swapped.generation();
        } else if (event instanceof DeployEvent.RolloutReady) {
            return "rollout ready";
        } else if (event instanceof DeployEvent.RequestsCut cut) {
            return cut.requests() + " requests cut";
        } else if (event instanceof DeployEvent.Drained drained) {
            return String.format(Locale.ROOT, "drained (%.1f ms)", millis(drained.took()));
        } else if (event instanceof DeployEvent.Failed failed) {
            return "failed: " + failed.reason();
        }
        throw new AssertionError(event);
    }

    private static double millis(Duration duration) {
        return duration.toNanos() / 1e6;
    }
}
