package dev.gapless.proxy.jetty;

import dev.gapless.proxy.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;

/** A clock that stands still until the test moves it. */
final class MovedTime implements TimeSource {
    /** Shortly before the counter overflows, which may happen to any clock that counts from an arbitrary moment. */
    private volatile long nanos = Long.MAX_VALUE - 500_000_000;

    @Override
    public long nanoTime() {
        return nanos;
    }

    @Override
    public Instant now() {
        return Instant.EPOCH.plusNanos(nanos);
    }

    synchronized void advance(Duration by) {
        nanos += by.toNanos();
    }
}
