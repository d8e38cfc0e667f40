package dev.gapless.proxy.spi;

import java.time.Instant;

/** Where the proxy reads the time. Implementations are thread-safe and fast: requests call them. */
public interface TimeSource {
    /** {@return nanoseconds since an arbitrary moment; never runs backwards} Only differences mean anything. */
    long nanoTime();

    /** {@return the time of day} */
    Instant now();

    /** {@return the clock of the system} */
    static TimeSource system() {
        return SystemTimeSource.INSTANCE;
    }
}
