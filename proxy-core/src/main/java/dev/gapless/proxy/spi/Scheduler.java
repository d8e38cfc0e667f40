package dev.gapless.proxy.spi;

import java.time.Duration;

/** Runs tasks later. Implementations are thread-safe. */
public interface Scheduler {
    /**
     * Runs a task once.
     *
     * @param task short and non-blocking
     * @param delay from now; zero or negative for as soon as possible
     * @return takes the task back
     */
    Cancellable schedule(Runnable task, Duration delay);

    /** A scheduled task. */
    interface Cancellable {
        /** Takes the task back if it has not begun; does nothing otherwise. */
        void cancel();
    }
}
