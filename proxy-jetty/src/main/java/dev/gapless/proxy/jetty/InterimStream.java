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

    private static final String INSTALLED = InterimStream.class.getName();

    /** One response after another, or parts of the last. */
    private record Sending(boolean isInterim, Runnable task) {}

    // Guarded by the queue, as is what follows.
    private final Queue<Sending> waiting = new ArrayDeque<>();
    private boolean interimUnderWay;
    private boolean catchingUp;

    private InterimStream(HttpStream stream) {
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
        boolean isInterim = response != null && HttpStatus.isInterim(response.getStatus());
        Callback sent = isInterim ? Callback.from(this::interimSent, failure -> interimSent()) : callback;
        inTurn(new Sending(isInterim, () -> super.send(request, response, last, content, sent)));
        if (isInterim) {
            callback.succeeded();
        }
    }

    private void inTurn(Sending sending) {
        synchronized (waiting) {
            if (interimUnderWay || catchingUp) {
                if (!sending.isInterim() || waiting.size() < MOST_WAITING) {
                    waiting.add(sending);
                }
                return;
            }
            interimUnderWay = sending.isInterim();
        }
        sending.task().run();
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
            interimUnderWay |= next != null && next.isInterim();
            return next;
        }
    }
}
