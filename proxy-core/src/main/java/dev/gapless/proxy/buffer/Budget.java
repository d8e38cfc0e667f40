package dev.gapless.proxy.buffer;

import java.util.concurrent.atomic.AtomicLong;

/** So many bytes for all buffers; never overdrawn. */
final class Budget {
    private final long limit;
    private final AtomicLong used = new AtomicLong();

    Budget(long limit) {
        this.limit = limit;
    }

    /** Takes all of the bytes, or none and returns false. */
    boolean take(long bytes) {
        long before = used.get();
        while (bytes <= limit - before) {
            if (used.compareAndSet(before, before + bytes)) {
                return true;
            }
            before = used.get();
        }
        return false;
    }

    void give(long bytes) {
        if (bytes != 0) {
            used.addAndGet(-bytes);
        }
    }

    long used() {
        return used.get();
    }

    long limit() {
        return limit;
    }
}
