package dev.gapless.proxy.engine;

import dev.gapless.proxy.RequestHead;
import dev.gapless.proxy.ServiceInfo.TargetInfo;
import dev.gapless.proxy.TargetAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The targets of one deployment. Thread-safe. */
public final class Pool {
    private final TargetGroup writers;
    private final TargetGroup readers;
    private final List<Target> targets;
    private final long generation;

    Pool(TargetGroup writers, TargetGroup readers, long generation) {
        this.generation = generation;
        this.writers = writers;
        this.readers = readers;
        this.targets = Stream.concat(writers.targets().stream(), readers.targets().stream())
                .toList();
        writers.targets().forEach(target -> target.setGroup(writers));
        readers.targets().forEach(target -> target.setGroup(readers));
    }

    /** {@return the targets, in the order of the deployment, writers before readers} */
    public List<Target> targets() {
        return targets;
    }

    /**
     * {@return the number of the pool} No other has it, neither of this engine nor, unless the clock goes back, of one before it;
     * it stays the same when a rollout is promoted.
     */
    long generation() {
        return generation;
    }

    boolean hasReaders() {
        return !readers.targets().isEmpty();
    }

    /** {@return those that could take the request now} */
    List<Target> available(boolean read) {
        List<Target> preferred = read ? readers.available() : writers.available();
        return preferred.isEmpty() ? writers.available() : preferred;
    }

    /**
     * {@return a lease on a healthy target that these attempts allow, or null if there is none} A read goes to a reader if one
     * can take it, else to a writer.
     */
    @Nullable
    Lease claim(RequestHead head, boolean read, Attempts attempts) {
        Lease lease = claim(head, read, attempts::isUntried);
        return lease != null || attempts.areNone() ? lease : claim(head, read, attempts::mayBeTriedAgain);
    }

    private @Nullable Lease claim(RequestHead head, boolean read, Predicate<Target> eligible) {
        Lease lease = read ? readers.claim(head, eligible) : null;
        return lease == null ? writers.claim(head, eligible) : lease;
    }

    /** {@return whether the target of that address could take a request now} */
    boolean isAvailable(TargetAddress address) {
        return Stream.concat(writers.available().stream(), readers.available().stream())
                .anyMatch(target -> target.address().equals(address));
    }

    /** {@return a lease on the target of that address if it is healthy and these attempts allow it, else null} */
    @Nullable
    Lease claim(TargetAddress address, RequestHead head, Attempts attempts) {
        Predicate<Target> eligible = target -> target.address().equals(address) && attempts.mayBeTriedAgain(target);
        Lease lease = writers.claim(head, eligible);
        return lease == null ? readers.claim(head, eligible) : lease;
    }

    /** Counts all targets as healthy, without having asked them. */
    void setHealthy() {
        targets.forEach(Target::setHealthy);
        refresh();
    }

    /** The health of targets has changed. */
    void refresh() {
        writers.refresh();
        readers.refresh();
    }

    boolean isHealthy() {
        return targets.stream().allMatch(Target::isHealthy);
    }

    /** Gives no more leases. Completes when nothing is in flight any more, on the thread that ended the last request. */
    CompletableFuture<@Nullable Void> drain() {
        return CompletableFuture.allOf(targets.stream().map(Target::drain).toArray(CompletableFuture<?>[]::new));
    }

    /**
     * Completes when each target has once had nothing in flight, on the thread that ended the last request. Leases go on being
     * given: what keeps requests away is the gate.
     */
    CompletableFuture<@Nullable Void> idle() {
        return CompletableFuture.allOf(targets.stream().map(Target::idle).toArray(CompletableFuture<?>[]::new));
    }

    /** Ends whatever is still in flight; the drain must have begun. */
    void cut() {
        targets.forEach(Target::cut);
    }

    /** Ends what is in flight at this moment, and nothing that comes later. */
    void cutPresent() {
        targets.forEach(Target::cutPresent);
    }

    int cuts() {
        return targets.stream().mapToInt(Target::cuts).sum();
    }

    List<TargetInfo> targetInfos() {
        return targets.stream().map(Target::info).toList();
    }
}
