package dev.gapless.proxy.jetty;

import dev.gapless.proxy.spi.Scheduler;
import dev.gapless.proxy.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** The time as it is, until the test leaps: then what was to be done in a while is due. What is due soon is done in its time. */
final class LeapingTime implements TimeSource, Scheduler, AutoCloseable {
    private static final Duration SOON = Duration.ofSeconds(55);

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final List<Runnable> later = new ArrayList<>();
    private volatile Duration leapt = Duration.ZERO;

    @Override
    public long nanoTime() {
        return System.nanoTime() + leapt.toNanos();
    }

    @Override
    public Instant now() {
        return Instant.now().plus(leapt);
    }

    @Override
    public Cancellable schedule(Runnable task, Duration delay) {
        if (delay.compareTo(SOON) > 0) {
            synchronized (this) {
                later.add(task);
            }
            return () -> cancel(task);
        }
        ScheduledFuture<?> scheduled = timer.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
        return () -> scheduled.cancel(false);
    }

    private synchronized void cancel(Runnable task) {
        later.remove(task);
    }

    synchronized void leap(Duration by) {
        leapt = leapt.plus(by);
        later.forEach(timer::execute);
        later.clear();
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
