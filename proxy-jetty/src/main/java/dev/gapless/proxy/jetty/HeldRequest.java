package dev.gapless.proxy.jetty;

import dev.gapless.proxy.engine.Decision;
import dev.gapless.proxy.engine.Hold;
import dev.gapless.proxy.engine.Service;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.server.Request;

/**
 * A request that has to wait for a paused service. Its wait ends in one of three ways, by the gate that lets it go on or
 * refuses it, or by its client that leaves, and these may come at once, on different threads: who {@linkplain #end ends} it
 * goes on with the request, the others have come too late.
 *
 * <p>Its place in the queue, or among those released, is another matter: it has that until {@link #leave}, which comes at the
 * end of the request.
 */
final class HeldRequest implements Hold.Waiter {
    /** What hears of the end of the wait; called on the lane of the client's connection. */
    interface Outcome {
        void goOn();

        void refused(Decision.Respond answer);
    }

    private final DataPlane plane;
    private final Outcome outcome;
    private final Request request;
    private final Hold hold;
    private final AtomicBoolean waiting = new AtomicBoolean();
    private volatile long sinceNanos;
    private volatile long heldNanos;

    /**
     * Makes one that does not wait yet.
     *
     * @param arrivedNanos when the request came
     * @param declaredBytes see {@link Hold}
     */
    HeldRequest(DataPlane plane, Request request, long arrivedNanos, long declaredBytes, Outcome outcome) {
        this.plane = plane;
        this.request = request;
        this.outcome = outcome;
        this.hold = new Hold(arrivedNanos, declaredBytes, this);
    }

    /** The wait begins: from now on it can end. */
    void begin() {
        sinceNanos = plane.time().nanoTime();
        waiting.set(true);
    }

    /** Waits at the gate. */
    void waitAt(Service closed) {
        hold.waitAt(closed);
    }

    boolean isWaiting() {
        return waiting.get();
    }

    /** More of its body has been read. If that is too much it is going to be {@link #refused}. */
    void taken(long moreBytes) {
        hold.taken(moreBytes);
    }

    /** Ends the wait. {@return whether it was still on} Whoever gets true goes on with the request. */
    boolean end() {
        if (!waiting.compareAndSet(true, false)) {
            return false;
        }
        long before = heldNanos;
        heldNanos = before + plane.time().nanoTime() - sinceNanos;
        return true;
    }

    /** Gives up the place in the queue, or among those released, and so lets the next one go on. */
    void leave() {
        hold.leave();
    }

    /** Lets the next one go on, as long as this one waits for its own client. */
    void stepAside() {
        hold.stepAside(plane.time().nanoTime());
    }

    /** {@return how long it has waited in all} */
    Duration held() {
        return Duration.ofNanos(heldNanos);
    }

    /** Goes on where the client's connection is served: whoever opens the gate has others to release. */
    @Override
    public void goOn() {
        plane.lane(request).execute(() -> {
            if (end()) {
                outcome.goOn();
            }
        });
    }

    @Override
    public void refused(Decision.Respond answer) {
        plane.lane(request).execute(() -> {
            if (end()) {
                outcome.refused(answer);
            }
        });
    }
}
