package dev.gapless.proxy.engine;

import dev.gapless.proxy.spi.Scheduler;
import dev.gapless.proxy.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A clock that stands still until the test moves it, and then runs what falls due on the way. */
final class ManualTime implements TimeSource, Scheduler {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    /** Shortly before the counter overflows, which may happen to any clock that counts from an arbitrary moment. */
    private static final long START_NANOS = Long.MAX_VALUE - 500_000_000;

    private final List<Task> tasks = new ArrayList<>();
    private long elapsed;

    @Override
    public synchronized long nanoTime() {
        return START_NANOS + elapsed;
    }

    @Override
    public synchronized Instant now() {
        return START.plusNanos(elapsed);
    }

    @Override
    public synchronized Cancellable schedule(Runnable action, Duration delay) {
        Task task = new Task(action, elapsed + Math.max(0, delay.toNanos()));
        tasks.add(task);
        return task;
    }

    void advance(Duration duration) {
        long end = elapsed() + duration.toNanos();
        for (Task task = nextUntil(end); task != null; task = nextUntil(end)) {
            task.action.run();
        }
        moveTo(end);
    }

    /** Runs what is due at this moment. */
    void runDue() {
        advance(Duration.ZERO);
    }

    /** Returns how long it is until a task is due, null if there is none. */
    synchronized @Nullable Duration untilNext() {
        return tasks.stream()
                .min(Comparator.comparingLong(task -> task.due))
                .map(task -> Duration.ofNanos(Math.max(0, task.due - elapsed)))
                .orElse(null);
    }

    /** Runs the one task that is due next, when it is. */
    void runNext() {
        Task task = nextUntil(Long.MAX_VALUE);
        if (task != null) {
            task.action.run();
        }
    }

    /** Returns how many tasks are still to be run. */
    synchronized int scheduled() {
        return tasks.size();
    }

    private synchronized long elapsed() {
        return elapsed;
    }

    private synchronized void moveTo(long moment) {
        elapsed = moment;
    }

    private synchronized @Nullable Task nextUntil(long end) {
        Task next =
                tasks.stream().min(Comparator.comparingLong(task -> task.due)).orElse(null);
        if (next == null || next.due > end) {
            return null;
        }
        tasks.remove(next);
        elapsed = Math.max(elapsed, next.due);
        return next;
    }

    private final class Task implements Cancellable {
        private final Runnable action;
        private final long due;

        Task(Runnable action, long due) {
            this.action = action;
            this.due = due;
        }

        @Override
        public void cancel() {
            synchronized (ManualTime.this) {
                tasks.remove(this);
            }
        }
    }
}
