package dev.gapless.proxy.engine;

import dev.gapless.proxy.ServiceInfo.TargetInfo;
import dev.gapless.proxy.TargetAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The targets of one deployment, which take requests in turn. Thread-safe. */
public final class Pool {
    private final List<Target> targets;
    private final AtomicInteger turn = new AtomicInteger();

    Pool(List<TargetAddress> addresses) {
        targets = addresses.stream().map(Target::new).toList();
    }

    /** {@return the targets, in the order of the deployment} */
    public List<Target> targets() {
        return targets;
    }

    /** {@return a lease on the next healthy target that these attempts allow, or null if there is none} */
    @Nullable
    Lease claim(Attempts attempts) {
        int first = targets.size() == 1 ? 0 : next();
        Lease lease = claim(first, attempts::isUntried);
        return lease != null || attempts.areNone() ? lease : claim(first, attempts::mayBeTriedAgain);
    }

    /** {@return the index of the target whose turn it is; only the healthy ones have turns} */
    private int next() {
        int healthy = 0;
        for (Target target : targets) {
            healthy += target.isHealthy() ? 1 : 0;
        }
        int skip = healthy == 0 ? 0 : Math.floorMod(turn.getAndIncrement(), healthy);
        for (int i = 0; i < targets.size(); i++) {
            if (targets.get(i).isHealthy() && skip-- == 0) {
                return i;
            }
        }
        return 0;
    }

    private @Nullable Lease claim(int first, Predicate<Target> eligible) {
        for (int i = 0; i < targets.size(); i++) {
            Target target = targets.get((first + i) % targets.size());
            if (target.isHealthy() && eligible.test(target)) {
                Lease lease = target.claim();
                if (lease != null) {
                    return lease;
                }
            }
        }
        return null;
    }

    boolean isHealthy() {
        return targets.stream().allMatch(Target::isHealthy);
    }

    /** Gives no more leases. Completes when nothing is in flight any more, on the thread that ended the last request. */
    CompletableFuture<@Nullable Void> drain() {
        return CompletableFuture.allOf(targets.stream().map(Target::drain).toArray(CompletableFuture<?>[]::new));
    }

    /** Ends whatever is still in flight; the drain must have begun. */
    void cut() {
        targets.forEach(Target::cut);
    }

    void checkExpiry(long now) {
        targets.forEach(target -> target.checkExpiry(now));
    }

    int cuts() {
        return targets.stream().mapToInt(Target::cuts).sum();
    }

    List<TargetInfo> targetInfos() {
        return targets.stream().map(Target::info).toList();
    }
}
