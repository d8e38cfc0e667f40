package dev.gapless.proxy.engine;

import java.util.concurrent.atomic.AtomicLong;
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
    /** When it came; guarded by the gate. */
    long arrivedNanos;

    State state = State.NEW;
    /** Its number in the order of arrival; set when it first waits. */
    long number = -1;
    /** What it counts with while it waits; guarded by the gate. */
    long countedBytes;

    private final long declaredBytes;
    private final AtomicLong takenBytes = new AtomicLong();
    private volatile @Nullable Service service;

    /**
     * Makes a hold for a request that has not waited yet.
     *
     * @param arrivedNanos when the request came, in the time of the engine's clock
     * @param declaredBytes how long its body says it is; 0 if it does not say so, or is not to be read while the request waits
     * @param waiter hears what becomes of it
     */
    public Hold(long arrivedNanos, long declaredBytes, Waiter waiter) {
        this.arrivedNanos = arrivedNanos;
        this.declaredBytes = declaredBytes;
        this.waiter = waiter;
    }

    /**
     * Waits at the gate of a service. The waiter may be called before this returns.
     *
     * @param closed the service
     */
    public void waitAt(Service closed) {
        Service last = service;
        if (last != null && last.gate() != closed.gate()) {
            last.gate().leave(this);
            state = State.NEW;
            number = -1;
        }
        service = closed;
        closed.gate().enter(this, closed);
    }

    /**
     * More of the request's body has been read. It counts as long as the request waits, and again whenever it does. If that is
     * more than the service may hold, the request is out of the queue, and its waiter is refused before this returns.
     *
     * @param moreBytes how many more
     * @return whether it may go on; false if this call has had the request refused
     */
    public boolean taken(long moreBytes) {
        takenBytes.addAndGet(moreBytes);
        Service at = service;
        return at == null || at.gate().recount(this, at);
    }

    /** {@return how many bytes of its body the proxy has, or will have soon} */
    long bodyBytes() {
        return Math.max(declaredBytes, takenBytes.get());
    }

    /**
     * The request, if it has been released, has something to wait for that is no concern of its target: the next may go on. If it
     * is to wait once more, it does so as one that arrives now.
     *
     * @param nowNanos in the time of the engine's clock
     */
    public void stepAside(long nowNanos) {
        Service last = service;
        if (last != null) {
            last.gate().stepAside(this, nowNanos);
        }
    }

    /** The request has ended, whichever way: its place in the queue, or among those released, is free. */
    public void leave() {
        Service last = service;
        if (last != null) {
            last.gate().leave(this);
        }
    }
}
