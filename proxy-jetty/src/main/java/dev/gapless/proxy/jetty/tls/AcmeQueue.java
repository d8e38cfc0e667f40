package dev.gapless.proxy.jetty.tls;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Lets a few orders be under way at once, and the others wait, without threads. Thread-safe. */
final class AcmeQueue {
    private final int most;
    private final Deque<Runnable> waiting = new ArrayDeque<>();
    private int underWay;

    AcmeQueue(int most) {
        this.most = most;
    }

    <T> CompletableFuture<T> run(Supplier<CompletableFuture<T>> work) {
        CompletableFuture<T> result = new CompletableFuture<>();
        enter(() -> begun(work).whenComplete((value, failure) -> {
            leave();
            if (failure != null) {
                result.completeExceptionally(failure);
            } else {
                result.complete(value);
            }
        }));
        return result;
    }

    private static <T> CompletableFuture<T> begun(Supplier<CompletableFuture<T>> work) {
        try {
            return work.get();
        } catch (RuntimeException | Error e) {
            return CompletableFuture.failedFuture(e); // Its place is to become free again.
        }
    }

    private void enter(Runnable work) {
        synchronized (this) {
            if (underWay == most) {
                waiting.add(work);
                return;
            }
            underWay++;
        }
        work.run();
    }

    private void leave() {
        Runnable next;
        synchronized (this) {
            next = waiting.poll();
            if (next == null) {
                underWay--;
                return;
            }
        }
        next.run();
    }
}
