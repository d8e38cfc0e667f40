package dev.gapless.proxy.engine;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** Keeps tasks until the test runs them, unless it is told to run them at once or to refuse them. */
final class QueueingExecutor implements Executor {
    private enum Mode {
        QUEUEING,
        DIRECT,
        SHUT_DOWN
    }

    private final Deque<Runnable> tasks = new ArrayDeque<>();
    private Mode mode;

    private QueueingExecutor(Mode mode) {
        this.mode = mode;
    }

    static QueueingExecutor queueing() {
        return new QueueingExecutor(Mode.QUEUEING);
    }

    static QueueingExecutor direct() {
        return new QueueingExecutor(Mode.DIRECT);
    }

    @Override
    public void execute(Runnable task) {
        switch (mode) {
            case QUEUEING -> tasks.add(task);
            case DIRECT -> task.run();
            case SHUT_DOWN -> throw new RejectedExecutionException("shut down");
        }
    }

    /** Runs what is queued, and what that queues. */
    void runAll() {
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }
    }

    void shutDown() {
        mode = Mode.SHUT_DOWN;
    }
}
