package dev.gapless.proxy.jetty;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs tasks that do not block on a few threads of a pool, which would otherwise make one for each of many that come at once. */
final class BoundedExecutor implements Executor {
    private static final Logger LOG = LoggerFactory.getLogger(BoundedExecutor.class);

    private final Executor pool;
    private final int limit;
    private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger working = new AtomicInteger();

    BoundedExecutor(Executor pool, int limit) {
        this.pool = pool;
        this.limit = limit;
    }

    @Override
    public void execute(Runnable task) {
        waiting.add(task);
        try {
            startWorking();
        } catch (RejectedExecutionException e) {
            if (waiting.remove(task)) {
                throw e;
            }
        }
    }

    private void startWorking() {
        if (working.getAndUpdate(count -> Math.min(limit, count + 1)) < limit) {
            try {
                pool.execute(this::work);
            } catch (RejectedExecutionException e) {
                working.decrementAndGet();
                throw e;
            }
        }
    }

    private void work() {
        for (Runnable task = waiting.poll(); task != null; task = waiting.poll()) {
            try {
                task.run();
            } catch (RuntimeException | Error e) {
                LOG.warn("A task failed: {}", task, e);
            }
        }
        working.decrementAndGet();
        if (!waiting.isEmpty()) {
            startWorking(); // One may have come between the look and the end, and counted on this thread.
        }
    }
}
