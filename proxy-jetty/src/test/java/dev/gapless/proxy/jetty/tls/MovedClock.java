package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.spi.Scheduler;
import dev.gapless.proxy.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.PriorityQueue;

/** A clock that stands still until the test moves it, and runs then what has become due, in order, on the test's thread. */
final class MovedClock implements TimeSource, Scheduler {
    private final PriorityQueue<Task> tasks =
            new PriorityQueue<>(Comparator.comparing(Task::due).thenComparing(Task::number));
    private Instant now = Instant.now();
    /** By how much the time of day was set forward. */
    private Duration offset = Duration.ZERO;

    private long nanos = Long.MAX_VALUE - 500_000_000;
    private long number;

    private record Task(Instant due, long number, Runnable action) {}

    @Override
    public synchronized long nanoTime() {
        return nanos;
    }

    @Override
    public synchronized Instant now() {
        return now;
    }

    /** Sets the time of day, as an operator does, which makes nothing due. */
    synchronized void setTimeOfDay(Instant time) {
        offset = offset.plus(Duration.between(now, time));
        now = time;
    }

    @Override
    public synchronized Cancellable schedule(Runnable task, Duration delay) {
        Task scheduled = new Task(now.minus(offset).plus(delay), number++, task);
        tasks.add(scheduled);
        return () -> {
            synchronized (this) {
                tasks.remove(scheduled);
            }
        };
    }

    synchronized int scheduled() {
        return tasks.size();
    }

    void advance(Duration by) {
        Instant end;
        synchronized (this) {
            end = now.minus(offset).plus(by);
        }
        for (Task next = due(end); next != null; next = due(end)) {
            next.action().run();
        }
        moveTo(end);
    }

    private synchronized Task due(Instant end) {
        Task next = tasks.peek();
        if (next == null || next.due().isAfter(end)) {
            return null;
        }
        tasks.remove();
        moveTo(next.due());
        return next;
    }

    private synchronized void moveTo(Instant time) {
        Duration passed = Duration.between(now.minus(offset), time);
        if (!passed.isNegative()) {
            nanos += passed.toNanos();
            now = now.plus(passed);
        }
    }
}
