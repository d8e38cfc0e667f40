package dev.gapless.proxy.jetty;

import dev.gapless.proxy.Pace;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.Callback;

/**
 * How fast a client takes a body, which is written to it through this, a part at a time: each within the idle time and the
 * time that the rate makes of it. While a part waits nothing else counts the client as idle, as the operating system, which
 * has room for many parts, takes none for a long time and then many at once from a client that reads slowly but steadily.
 */
final class ReceivingPace extends PacedTransfer implements Content.Sink, Callback {
    /** What keeps a client from being counted as idle. Thread-safe, as the end of one wait may overtake its beginning. */
    interface Patience {
        void begin();

        /** Comes once for each beginning. */
        void end();

        /** Whether the client cannot take anything any more, however long it is given. */
        boolean isInVain();
    }

    private final long bytesPerSecond;
    private final Content.Sink client;
    private final Patience patience;

    /** When the last part was begun, and its size. */
    private long sinceNanos;

    private int partBytes;
    private Callback taken = Callback.NOOP;

    ReceivingPace(PaceWatch watch, Pace pace, Content.Sink client, Patience patience, Runnable tooSlow) {
        super(watch, pace, tooSlow);
        this.bytesPerSecond = pace.bytesPerSecond();
        this.client = client;
        this.patience = patience;
    }

    /** Writes a part to the client, or the head alone; the one before it has been taken. */
    @Override
    public void write(boolean last, ByteBuffer part, Callback callback) {
        int writing = turn();
        sinceNanos = nanoTime();
        partBytes = part.remaining();
        taken = callback;
        client.write(last, part, this);
        if (turn() == writing) {
            patience.begin();
            if (!beginWait(writing)) {
                patience.end();
            }
        }
    }

    @Override
    public void succeeded() {
        Callback told = taken;
        written();
        told.succeeded();
    }

    @Override
    public void failed(Throwable failure) {
        Callback told = taken;
        written();
        told.failed(failure);
    }

    private void written() {
        if (endTurn()) {
            patience.end();
        }
    }

    @Override
    public InvocationType getInvocationType() {
        return taken.getInvocationType();
    }

    @Override
    boolean isTooSlow(long nowNanos) {
        long forPart = bytesPerSecond == 0 ? 0 : TimeUnit.SECONDS.toNanos(partBytes) / bytesPerSecond;
        long waits = nowNanos - sinceNanos;
        return patience.isInVain() || (waits >= idleNanos && waits - idleNanos > forPart);
    }

    @Override
    void waitIsVain() {
        patience.end();
    }
}
