package dev.gapless.proxy.jetty;

import dev.gapless.proxy.Pace;

/**
 * How fast a client sends a body. Only the time counts in which the proxy waits for it: such waits that add up to an idle time
 * must bring as many bytes as the rate makes of them, and none of them may be as long as that alone.
 */
final class SendingPace extends PacedTransfer {
    private static final double NANOS_PER_SECOND = 1e9;

    private final long bytesPerSecond;

    /** When the last wait began. */
    private long sinceNanos;

    /** How long the waits have taken that are over, and what has come, since the client was last found fast enough. */
    private long waitedNanos;

    private long bytes;

    SendingPace(PaceWatch watch, Pace pace, Runnable tooSlow) {
        super(watch, pace, tooSlow);
        this.bytesPerSecond = pace.bytesPerSecond();
    }

    /** The proxy waits for the client's next bytes; may be said again while it does. */
    void waits() {
        int now = turn();
        if (!isWait(now)) {
            sinceNanos = nanoTime();
            beginWait(now);
        }
    }

    /**
     * Some bytes have come, be it that the proxy had to wait for them or not; or it waits no longer though none have.
     *
     * @param count how many
     */
    void came(long count) {
        if (endTurn()) {
            waitedNanos += nanoTime() - sinceNanos;
        }
        bytes += count;
        if (waitedNanos >= idleNanos && !isBelowRate()) {
            waitedNanos = 0;
            bytes = 0;
        }
    }

    private boolean isBelowRate() {
        return bytes == 0 || bytes < bytesPerSecond * (waitedNanos / NANOS_PER_SECOND);
    }

    @Override
    boolean isTooSlow(long nowNanos) {
        return nowNanos - sinceNanos >= idleNanos || (waitedNanos >= idleNanos && isBelowRate());
    }
}
