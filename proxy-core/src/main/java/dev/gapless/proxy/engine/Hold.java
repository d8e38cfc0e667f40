package dev.gapless.proxy.engine;

import org.jspecify.annotations.Nullable;

/**
 * The place of one request in the queue of a paused service. A request keeps its place, and the time it has waited, if it is
 * released and finds the service paused again. Thread-safe.
 */
public final class Hold {
    /** Hears what becomes of the request; called once each time that it waits, possibly before it is said to wait. */
    public interface Waiter {
        /** The request may be decided on again. */
        void goOn();

        /**
         * The request is to be answered.
         *
         * @param answer with what
         */
        void refused(Decision.Respond answer);
    }

    /** Where a request stands at its gate; guarded by the gate. */
    enum State {
        /** It has not waited yet, or goes on by itself. WAITING or GONE follows. */
        NEW,
        /** It is in the queue. RELEASED or GONE follows. */
        WAITING,
        /** It is under way, and counts against the gate's release limit. WAITING, NEW or GONE follows. */
        RELEASED,
        /** It has ended. Nothing follows. */
        GONE
    }

    final Waiter waiter;
    final long bodyBytes;
    final long arrivedNanos;
    State state = State.NEW;
    /** Its number in the order of arrival; set when it first waits. */
    long number = -1;

    private volatile @Nullable Gate gate;

    /**
     * Makes a hold for a request that has not waited yet.
     *
     * @param arrivedNanos when the request came, in the time of the engine's clock
     * @param bodyBytes how many bytes of its body the proxy may have taken in while it waits
     * @param waiter hears what becomes of it
     */
    public Hold(long arrivedNanos, long bodyBytes, Waiter waiter) {
        this.arrivedNanos = arrivedNanos;
        this.bodyBytes = bodyBytes;
        this.waiter = waiter;
    }

    /**
     * Waits at the gate of a service. The waiter may be called before this returns.
     *
     * @param service the service
     */
    public void waitAt(Service service) {
        Gate next = service.gate();
        Gate last = gate;
        if (last != null && last != next) {
            last.leave(this);
            state = State.NEW;
            number = -1;
        }
        gate = next;
        next.enter(this, service);
    }

    /** The request, if it has been released, has something to wait for that is no concern of its target: the next may go on. */
    public void stepAside() {
        Gate last = gate;
        if (last != null) {
            last.stepAside(this);
        }
    }

    /** The request has ended, whichever way: its place in the queue, or among those released, is free. */
    public void leave() {
        Gate last = gate;
        if (last != null) {
            last.leave(this);
        }
    }
}
