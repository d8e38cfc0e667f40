package dev.gapless.proxy.engine;

import dev.gapless.proxy.DeployEvent;
import dev.gapless.proxy.DeployResult;
import dev.gapless.proxy.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The report of a rollout that has become the active deployment. */
final class Promotion {
    private final TimeSource time;
    private final Instant startedAt;
    private final long startNanos;
    private final Service promoted;

    Promotion(TimeSource time, Instant startedAt, Service promoted) {
        this.time = time;
        this.startedAt = startedAt;
        this.startNanos = time.nanoTime();
        this.promoted = promoted;
    }

    CompletableFuture<DeployResult> after(CompletableFuture<?> drained, Pool replaced) {
        return drained.thenApply(done -> result(replaced));
    }

    private DeployResult result(Pool replaced) {
        Duration took = Duration.ofNanos(time.nanoTime() - startNanos);
        List<DeployEvent> timeline = new ArrayList<>();
        timeline.add(new DeployEvent.Swapped(Duration.ZERO, promoted.generation()));
        if (replaced.cuts() > 0) {
            timeline.add(new DeployEvent.RequestsCut(took, replaced.cuts()));
        }
        timeline.add(new DeployEvent.Drained(took, took));
        return new DeployResult(promoted.name(), startedAt, timeline);
    }
}
