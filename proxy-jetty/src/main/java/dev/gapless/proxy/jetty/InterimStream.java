package dev.gapless.proxy.jetty;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * A stream that takes interim responses at once and sends them, and what follows, one after the other. By itself it refuses what
 * is sent while an interim response is still on its way to a client: the next one, or the response.
 */
final class InterimStream extends HttpStream.Wrapper {
    /** More than a sensible target sends. Further ones are left out, as if their client had been too slow for them. */
    private static final int MOST_WAITING = 1024;

    /** Likewise: about as much as there may be in one head. */
    private static final int MOST_BYTES_WAITING = 64 * 1024;

    private static final String INSTALLED = InterimStream.class.getName();

    /**
     * One response after another, or parts of the last.
     *
     * @param bytes of the head of an interim response
     */
    private record Sending(boolean isInterim, long bytes, Runnable task) {}

    // Guarded by the queue, as is what follows.
    private final Queue<Sending> waiting = new ArrayDeque<>();
    private long bytesWaiting;
    private boolean interimUnderWay;
    private boolean catchingUp;

    InterimStream(HttpStream stream) {
        super(stream);
    }

    /** Makes a request ready for interim responses. To be called before the first. */
    static void prepare(Request request) {
        if (request.getAttribute(INSTALLED) == null) {
            request.setAttribute(INSTALLED, true);
            request.addHttpStreamWrapper(InterimStream::new);
        }
    }

    @Override
    public void send(
            MetaData.Request request,
            MetaData.@Nullable Response response,
            boolean last,
            @Nullable ByteBuffer content,
            Callback callback) {
        if (response != null && HttpStatus.isInterim(response.getStatus())) {
            Callback sent = Callback.from(this::interimSent, failure -> interimSent());
            long bytes = Headers.bytes(response.getHttpFields(), Headers.HPACK_OVERHEAD_BYTES);
            inTurn(new Sending(true, bytes, () -> super.send(request, response, last, content, sent)));
            callback.succeeded();
        } else {
            inTurn(new Sending(false, 0, () -> super.send(request, response, last, content, callback)));
        }
    }

    private void inTurn(Sending sending) {
        synchronized (waiting) {
            if (interimUnderWay || catchingUp) {
                if (!sending.isInterim() || hasRoom(sending)) {
                    waiting.add(sending);
                    bytesWaiting += sending.bytes();
                }
                return;
            }
            interimUnderWay = sending.isInterim();
        }
        sending.task().run();
    }

    private boolean hasRoom(Sending sending) {
        return waiting.size() < MOST_WAITING && bytesWaiting + sending.bytes() <= MOST_BYTES_WAITING;
    }

    /** Goes on with what waits for an interim response, which has gone or never will. */
    private void interimSent() {
        synchronized (waiting) {
            interimUnderWay = false;
            if (catchingUp) {
                return;
            }
            catchingUp = true;
        }
        for (Sending next = next(); next != null; next = next()) {
            next.task().run();
        }
    }

    private @Nullable Sending next() {
        synchronized (waiting) {
            Sending next = interimUnderWay ? null : waiting.poll();
            catchingUp = next != null;
            if (next != null) {
                bytesWaiting -= next.bytes();
                interimUnderWay |= next.isInterim();
            }
            return next;
        }
    }
}
