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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Waits for requests in flight to end, cuts what takes too long, and retires the targets that will get no more. */
final class Drains {
    private static final Logger LOG = LoggerFactory.getLogger(Drains.class);

    private final TimeSource time;
    private final Scheduler scheduler;
    private final Executor executor;
    private final TargetLifecycle lifecycle;
    /** The pools that may have requests in flight, each with its service's gate: those in the table, and those that drain. */
    private final Map<Pool, Gate> pools = new ConcurrentHashMap<>();

    Drains(TimeSource time, Scheduler scheduler, Executor executor, TargetLifecycle lifecycle) {
        this.time = time;
        this.scheduler = scheduler;
        this.executor = executor;
        this.lifecycle = lifecycle;
    }

    /** A pool is about to get requests. */
    void opened(Pool pool, Gate gate) {
        pools.put(pool, gate);
    }

    /**
     * Waits until nothing is in flight on a pool that is no longer in the table, cuts what is left at the timeout, and retires
     * its targets. Completes on the executor.
     */
    CompletableFuture<Void> drain(Pool pool, Duration timeout) {
        CompletableFuture<@Nullable Void> drained = pool.drain();
        if (!drained.isDone()) {
            Scheduler.Cancellable deadline = scheduler.schedule(pool::cut, timeout);
            drained.thenRun(deadline::cancel);
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
            Scheduler.Cancellable deadline = scheduler.schedule(() -> cutUnless(over, present), timeout);
            over.thenRun(deadline::cancel);
        }
        return over.thenApplyAsync(
                ended -> new DrainResult(Duration.ofNanos(time.nanoTime() - begin), cuts(present) - cutsBefore),
                executor);
    }

    private static CompletableFuture<?> idle(List<Pool> pools) {
        return CompletableFuture.allOf(pools.stream().map(Pool::idle).toArray(CompletableFuture<?>[]::new));
    }

    private static void cutUnless(CompletableFuture<?> over, List<Pool> pools) {
        if (!over.isDone()) {
            pools.forEach(Pool::cutPresent);
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
