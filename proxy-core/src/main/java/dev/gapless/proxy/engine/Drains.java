package dev.gapless.proxy.engine;

import dev.gapless.proxy.DrainResult;
import dev.gapless.proxy.spi.Scheduler;
import dev.gapless.proxy.spi.TimeSource;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks requests in flight to end, waits for them, cuts what takes too long, and retires the targets that will get no more.
 */
final class Drains {
    private static final Logger LOG = LoggerFactory.getLogger(Drains.class);

    private final TimeSource time;
    private final Scheduler scheduler;
    private final Executor executor;
    private final TargetLifecycle lifecycle;
    private final DoubleSupplier chance;
    /** The pools that may have requests in flight, each with its service's gate: those in the table, and those that drain. */
    private final Map<Pool, Gate> pools = new ConcurrentHashMap<>();

    /** That the proxy ends; null before. */
    private volatile @Nullable DrainNotice end;

    /** Tells requests of a drain when the chance has it, a number from 0 to less than 1. */
    Drains(TimeSource time, Scheduler scheduler, Executor executor, TargetLifecycle lifecycle, DoubleSupplier chance) {
        this.time = time;
        this.scheduler = scheduler;
        this.executor = executor;
        this.lifecycle = lifecycle;
        this.chance = chance;
    }

    /** A pool is about to get requests. */
    void opened(Pool pool, Gate gate) {
        pools.put(pool, gate);
        DrainNotice ending = end;
        if (ending != null) {
            ending.give(pool.targets()); // It may have come too late for who announces the end.
        }
    }

    /** Asks all requests in flight to end within the first half of the grace time, those yet to come among them. */
    void announceEnd(Duration grace) {
        DrainNotice ending = newNotice(grace);
        end = ending;
        pools.keySet().forEach(pool -> ending.give(pool.targets()));
        if (grace.isZero()) {
            ending.tellRest();
        }
    }

    private DrainNotice newNotice(Duration timeout) {
        return new DrainNotice(time, scheduler, chance, timeout);
    }

    /**
     * Waits until nothing is in flight on a pool that is no longer in the table, cuts what is left at the timeout, and retires
     * its targets. Completes on the executor; tells no request anything on this thread, which may hold locks.
     */
    CompletableFuture<Void> drain(Pool pool, Duration timeout) {
        CompletableFuture<@Nullable Void> drained = pool.drain();
        if (!drained.isDone()) {
            untilOver(drained, List.of(pool), timeout, pool::cut);
        }
        return drained.thenRunAsync(() -> retire(pool), executor);
    }

    /**
     * Waits until nothing is in flight for a service whose gate has been closed, and cuts what is left at the timeout; or until
     * the gate is opened again. Completes on the executor.
     */
    CompletableFuture<DrainResult> quiet(Gate gate, Duration timeout, CompletableFuture<?> opened) {
        List<Pool> present = pools.entrySet().stream()
                .filter(entry -> entry.getValue() == gate)
                .map(Map.Entry::getKey)
                .toList();
        long begin = time.nanoTime();
        int cutsBefore = cuts(present);
        CompletableFuture<?> over = CompletableFuture.anyOf(idle(present), opened);
        if (!over.isDone()) {
            untilOver(over, present, timeout, () -> present.forEach(Pool::cutPresent));
        }
        return over.thenApplyAsync(
                ended -> new DrainResult(Duration.ofNanos(time.nanoTime() - begin), cuts(present) - cutsBefore),
                executor);
    }

    private static CompletableFuture<?> idle(List<Pool> pools) {
        return CompletableFuture.allOf(pools.stream().map(Pool::idle).toArray(CompletableFuture<?>[]::new));
    }

    /** Has requests told of the drain, and cut when its time is over, unless it is over before. */
    private void untilOver(CompletableFuture<?> over, List<Pool> pools, Duration timeout, Runnable cut) {
        DrainNotice notice = newNotice(timeout);
        pools.forEach(pool -> notice.give(pool.targets()));
        Scheduler.Cancellable deadline = scheduler.schedule(() -> cutUnless(over, notice, cut), timeout);
        over.thenRun(deadline::cancel);
        over.thenRun(notice::takeBack);
    }

    private static void cutUnless(CompletableFuture<?> over, DrainNotice notice, Runnable cut) {
        notice.tellRest(); // There are some if the drain has no time, or if the scheduler is late.
        if (!over.isDone()) {
            cut.run();
        }
    }

    private static int cuts(List<Pool> pools) {
        return pools.stream().mapToInt(Pool::cuts).sum();
    }

    private void retire(Pool pool) {
        pools.remove(pool);
        for (Target target : pool.targets()) {
            try {
                lifecycle.retired(target);
            } catch (RuntimeException | Error e) {
                LOG.warn("Target {} failed to retire", target, e);
            }
        }
    }
}
