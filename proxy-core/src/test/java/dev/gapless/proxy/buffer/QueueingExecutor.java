package dev.gapless.proxy.buffer;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** Is slow: keeps tasks until the test runs them. */
final class QueueingExecutor implements Executor {
    private final Deque<Runnable> tasks = new ArrayDeque<>();
    private boolean shutDown;

    @Override
    public void execute(Runnable task) {
        if (shutDown) {
            throw new RejectedExecutionException("shut down");
        }
        tasks.add(task);
    }

    int size() {
        return tasks.size();
    }

    void runOne() {
        tasks.remove().run();
    }

    /** Runs what is queued, and what that queues. */
    void runAll() {
        while (!tasks.isEmpty()) {
            runOne();
        }
    }

    void shutDown() {
        shutDown = true;
    }
}
