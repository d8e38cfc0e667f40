package dev.gapless.proxy.jetty;

import dev.gapless.proxy.engine.Decision;
import dev.gapless.proxy.engine.Hold;
import dev.gapless.proxy.engine.Service;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

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
    private final LaneOfRequest lane;
    private final Hold hold;
    private final AtomicBoolean waiting = new AtomicBoolean();
    private volatile long sinceNanos;
    private volatile long heldNanos;

    /** Runs tasks on the lane of the request. */
    interface LaneOfRequest {
        void execute(Runnable task);
    }

    /**
     * Makes one that does not wait yet.
     *
     * @param arrivedNanos when the request came
     * @param bodyBytes how much of its body the proxy may take in while it waits
     */
    HeldRequest(DataPlane plane, LaneOfRequest lane, long arrivedNanos, long bodyBytes, Outcome outcome) {
        this.plane = plane;
        this.lane = lane;
        this.outcome = outcome;
        this.hold = new Hold(arrivedNanos, bodyBytes, this);
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

    /** {@return how long it has waited in all} */
    Duration held() {
        return Duration.ofNanos(heldNanos);
    }

    /** Goes on where the client's connection is served: whoever opens the gate has others to release. */
    @Override
    public void goOn() {
        lane.execute(() -> {
            if (end()) {
                outcome.goOn();
            }
        });
    }

    @Override
    public void refused(Decision.Respond answer) {
        lane.execute(() -> {
            if (end()) {
                outcome.refused(answer);
            }
        });
    }
}
