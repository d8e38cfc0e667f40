package dev.gapless.proxy.jetty;

import dev.gapless.proxy.spi.Scheduler;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Jetty's scheduler as the engine's. */
final class JettyScheduler implements Scheduler {
    private final org.eclipse.jetty.util.thread.Scheduler scheduler;

    JettyScheduler(org.eclipse.jetty.util.thread.Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    @Override
    public Cancellable schedule(Runnable task, Duration delay) {
        return scheduler.schedule(task, Math.max(0, delay.toNanos()), TimeUnit.NANOSECONDS)::cancel;
    }
}
