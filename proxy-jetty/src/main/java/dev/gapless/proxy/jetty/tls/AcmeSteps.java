package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.spi.Scheduler;
import dev.gapless.proxy.spi.TimeSource;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Runs work that is done in steps: those that block on the executor, with pauses between that hold no thread. */
record AcmeSteps(Executor executor, Scheduler scheduler, TimeSource time) {
    /** Runs what may block. */
    <T> CompletableFuture<T> run(Callable<T> step) {
        CompletableFuture<T> result = new CompletableFuture<>();
        try {
            executor.execute(() -> {
                try {
                    result.complete(step.call());
                } catch (Throwable e) { // Errors, too: whoever waits for the step is to hear of it.
                    result.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            result.completeExceptionally(e);
        }
        return result;
    }

    /** Completes after a while. */
    CompletableFuture<@Nullable Void> pause(Duration length) {
        CompletableFuture<@Nullable Void> end = new CompletableFuture<>();
        scheduler.schedule(() -> end.complete(null), length);
        return end;
    }

    /** Waits for what others do, but not longer than that. */
    <T> CompletableFuture<T> within(Duration limit, String what, CompletionStage<? extends T> stage) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Scheduler.Cancellable end = scheduler.schedule(
                () -> result.completeExceptionally(
                        new TimeoutException(what + " took longer than " + limit.toSeconds() + " s")),
                limit);
        stage.whenComplete((value, failure) -> {
            end.cancel();
            if (failure != null) {
                result.completeExceptionally(failure);
            } else {
                result.complete(value);
            }
        });
        return result;
    }
}
