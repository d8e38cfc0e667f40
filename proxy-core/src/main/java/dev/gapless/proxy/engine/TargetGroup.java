package dev.gapless.proxy.engine;

import dev.gapless.proxy.PassiveEjection;
import dev.gapless.proxy.RequestHead;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Targets among which requests are shared: the writers or the readers of a pool. Thread-safe; requests read one snapshot of
 * those that are available, which changes with their health.
 */
final class TargetGroup {
    private final List<Target> targets;
    private final Selection selection;
    private final Optional<PassiveEjection> ejection;
    /** Healthy and not ejected, or healthy if all the healthy ones are ejected. */
    private volatile List<Target> available = List.of();

    TargetGroup(List<Target> targets, Selection selection, Optional<PassiveEjection> ejection) {
        this.targets = targets;
        this.selection = selection;
        this.ejection = ejection;
    }

    List<Target> targets() {
        return targets;
    }

    /** {@return those that requests are shared among at this moment} */
    List<Target> available() {
        return available;
    }

    /** The health of a target has changed. */
    synchronized void refresh() {
        List<Target> healthy = targets.stream().filter(Target::isHealthy).toList();
        List<Target> in = healthy.stream().filter(target -> !target.isEjected()).toList();
        available = in.isEmpty() ? healthy : in;
    }

    /** {@return a lease on a target that the condition lets pass, or null if there is none} */
    @Nullable
    Lease claim(RequestHead head, Predicate<Target> eligible) {
        List<Target> candidates = available;
        if (candidates.size() == 1) {
            Target only = candidates.get(0);
            return eligible.test(only) ? only.claim() : null;
        }
        return candidates.isEmpty() ? null : claimFromSeveral(head, filtered(candidates, eligible));
    }

    private @Nullable Lease claimFromSeveral(RequestHead head, List<Target> candidates) {
        List<Target> left = candidates;
        while (!left.isEmpty()) {
            Target chosen = left.size() == 1 ? left.get(0) : selection.select(head, left);
            Lease lease = chosen.claim();
            if (lease != null) {
                return lease;
            }
            left = filtered(left, target -> target != chosen); // It has begun to drain.
        }
        return null;
    }

    /** {@return the same list where all pass, which is the rule} */
    private static List<Target> filtered(List<Target> all, Predicate<Target> condition) {
        for (Target target : all) {
            if (!condition.test(target)) {
                return all.stream().filter(condition).toList();
            }
        }
        return all;
    }

    /** A request to a target has failed to reach it, or was answered with 5xx. Returns whether the target is out now. */
    boolean failed(Target target) {
        return ejection.isPresent() && target.failedInARow() >= ejection.get().consecutiveFailures() && eject(target);
    }

    private synchronized boolean eject(Target target) {
        boolean othersAreLeft = available.stream().anyMatch(other -> other != target);
        if (!othersAreLeft || target.isEjected() || !available.contains(target)) {
            return false;
        }
        target.setEjected(true);
        refresh();
        return true;
    }

    /** The time of an ejected target is over. */
    void readmit(Target target) {
        target.setEjected(false);
        refresh();
    }

    Optional<PassiveEjection> ejection() {
        return ejection;
    }
}
