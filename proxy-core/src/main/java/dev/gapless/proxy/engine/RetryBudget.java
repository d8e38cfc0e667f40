package dev.gapless.proxy.engine;

import dev.gapless.proxy.RetryOptions;
import dev.gapless.proxy.spi.TimeSource;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Bounds how much of a service's traffic is sent again, so that an outage is not multiplied: in each second, a share of the
 * requests of the second before, but always as many as the floor. It outlives deployments, which may set another share and
 * floor; those count at once, for the second under way too. Thread-safe; only repetitions meet in its lock.
 */
public final class RetryBudget {
    private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final TimeSource time;
    private final LongAdder requests = new LongAdder();
    private volatile RetryOptions options;
    private long windowStart;
    private long requestsAtWindowStart;
    /** How many requests there were in the second before the one under way. */
    private double requestsBefore;

    private long spent;

    RetryBudget(TimeSource time, RetryOptions options) {
        this.time = time;
        this.options = options;
        this.windowStart = time.nanoTime();
    }

    /** A deployment has brought other options. What was spent stays spent. */
    void setOptions(RetryOptions options) {
        this.options = options;
    }

    void requestArrived() {
        requests.increment();
    }

    /** Takes one repetition from the budget. Returns false if there is none left. */
    synchronized boolean trySpend() {
        long now = time.nanoTime();
        if (now - windowStart >= WINDOW_NANOS) {
            startWindow(now);
        }
        if (spent >= allowed()) {
            return false;
        }
        spent++;
        return true;
    }

    private long allowed() {
        RetryOptions current = options;
        return Math.max(current.budgetFloor(), (long) (requestsBefore * current.budgetPercent() / 100));
    }

    private void startWindow(long now) {
        double windows = (now - windowStart) / (double) WINDOW_NANOS;
        long total = requests.sum();
        requestsBefore = (total - requestsAtWindowStart) / windows;
        requestsAtWindowStart = total;
        windowStart = now;
        spent = 0;
    }
}
