package dev.gapless.proxy.engine;

import dev.gapless.proxy.spi.TimeSource;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Bounds how much of a service's traffic is sent again, so that an outage is not multiplied: in each second, a fifth of
 * the requests of the second before, but always {@value #FLOOR}. Thread-safe; only repetitions meet in its lock.
 */
public final class RetryBudget {
    static final int FLOOR = 100;
    private static final double SHARE = 0.2;
    private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final TimeSource time;
    private final LongAdder requests = new LongAdder();
    private long windowStart;
    private long requestsAtWindowStart;
    private long allowed = FLOOR;
    private long spent;

    RetryBudget(TimeSource time) {
        this.time = time;
        this.windowStart = time.nanoTime();
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
        if (spent >= allowed) {
            return false;
        }
        spent++;
        return true;
    }

    private void startWindow(long now) {
        double windows = (now - windowStart) / (double) WINDOW_NANOS;
        long total = requests.sum();
        double perWindow = (total - requestsAtWindowStart) / windows;
        allowed = Math.max(FLOOR, (long) (perWindow * SHARE));
        requestsAtWindowStart = total;
        windowStart = now;
        spent = 0;
    }
}
