package dev.gapless.proxy.engine;

import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.ProbeOutcome;
import dev.gapless.proxy.spi.Scheduler;
import dev.gapless.proxy.spi.TimeSource;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Probes one target again and again until it is stopped: the next probe begins an interval after the last one's end. */
final class ProbeLoop {
    /** Hears of each probe; called on whatever thread completes it, one at a time. */
    interface Observer {
        void probed(Target target, ProbeOutcome outcome, Duration took);
    }

    private final Target target;
    private final HealthCheck check;
    private final TargetProbe probe;
    private final Scheduler scheduler;
    private final TimeSource time;
    private final Observer observer;
    private Scheduler.@Nullable Cancellable next;
    private boolean stopped;

    ProbeLoop(
            Target target,
            HealthCheck check,
            TargetProbe probe,
            Scheduler scheduler,
            TimeSource time,
            Observer observer) {
        this.target = target;
        this.check = check;
        this.probe = probe;
        this.scheduler = scheduler;
        this.time = time;
        this.observer = observer;
    }

    void start() {
        synchronized (this) {
            if (stopped) {
                return;
            }
        }
        long begin = time.nanoTime();
        ask().whenComplete((outcome, failure) -> {
            Duration took = Duration.ofNanos(time.nanoTime() - begin);
            ended(failure == null ? given(outcome) : new ProbeOutcome.Unhealthy(reason(failure)), took);
        });
    }

    /** No probe begins after this, and the observer does not hear of one that is under way. */
    synchronized void stop() {
        stopped = true;
        if (next != null) {
            next.cancel();
        }
    }

    private CompletionStage<ProbeOutcome> ask() {
        try {
            return Objects.requireNonNull(probe.probe(target, check), "the probe returned null");
        } catch (RuntimeException | Error e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static ProbeOutcome given(@Nullable ProbeOutcome outcome) {
        return outcome == null ? new ProbeOutcome.Unhealthy("the probe ended without an outcome") : outcome;
    }

    private void ended(ProbeOutcome outcome, Duration took) {
        synchronized (this) {
            if (stopped) {
                return;
            }
            next = scheduler.schedule(this::start, check.interval());
        }
        observer.probed(target, outcome, took);
    }

    static String reason(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }
}
