package dev.gapless.proxy.jetty;

import dev.gapless.proxy.HandoffLimits;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The places for requests that are handed off to one service, and the queue for them. Thread-safe. */
final class HandoffGate {
    /** What becomes of a request that wants a place. */
    enum Entry {
        /** It has one. */
        ENTERED,
        /** It waits for one. */
        QUEUED,
        /** There is no room for it. */
        REFUSED
    }

    private final HandoffLimits limits;
    /** Guarded by this, as is what follows. */
    private final Set<Runnable> waiting = new LinkedHashSet<>();

    private int underWay;

    HandoffGate(HandoffLimits limits) {
        this.limits = limits;
    }

    HandoffLimits limits() {
        return limits;
    }

    /**
     * Enters, or waits.
     *
     * @param entered run, by any thread, when one that had to wait has a place
     */
    synchronized Entry enter(Runnable entered) {
        if (underWay < limits.maxConcurrent()) {
            underWay++;
            return Entry.ENTERED;
        }
        return waiting.size() < limits.maxQueued() && waiting.add(entered) ? Entry.QUEUED : Entry.REFUSED;
    }

    /** Gives up waiting. {@return whether it had no place yet} */
    synchronized boolean withdraw(Runnable entered) {
        return waiting.remove(entered);
    }

    /** Gives a place up, to whoever has waited longest. */
    void leave() {
        Runnable next = passOn();
        if (next != null) {
            next.run();
        }
    }

    private synchronized @Nullable Runnable passOn() {
        Iterator<Runnable> first = waiting.iterator();
        if (!first.hasNext()) {
            underWay--;
            return null;
        }
        Runnable next = first.next();
        first.remove();
        return next;
    }
}
