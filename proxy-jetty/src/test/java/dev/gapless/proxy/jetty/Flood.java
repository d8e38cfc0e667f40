package dev.gapless.proxy.jetty;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.IteratingCallback;

/** Writes a body of 100 MiB, as fast as it is taken. */
final class Flood {
    private static final int MEBIBYTE = 1 << 20;
    static final long BYTES = 100L * MEBIBYTE;
    private static final long STILL_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

    private final AtomicLong written = new AtomicLong();
    private volatile long lastWrite = System.nanoTime();

    void into(Response response, Callback callback) {
        new IteratingCallback() {
            @Override
            protected Action process() {
                if (written.get() == BYTES) {
                    return Action.SUCCEEDED;
                }
                lastWrite = System.nanoTime();
                boolean last = written.addAndGet(MEBIBYTE) == BYTES;
                response.write(last, ByteBuffer.allocate(MEBIBYTE), this);
                return Action.SCHEDULED;
            }

            @Override
            protected void onCompleteSuccess() {
                callback.succeeded();
            }

            @Override
            protected void onCompleteFailure(Throwable failure) {
                callback.failed(failure);
            }
        }.iterate();
    }

    boolean hasToWait() {
        return written.get() > 0 && System.nanoTime() - lastWrite > STILL_NANOS;
    }

    long written() {
        return written.get();
    }
}
