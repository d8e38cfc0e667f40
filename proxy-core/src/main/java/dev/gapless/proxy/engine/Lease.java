package dev.gapless.proxy.engine;

import dev.gapless.proxy.TargetAddress;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The claim that a request in flight holds on a target. It ends once, either by {@link #release} or by being cut at the end
 * of a drain, and with it the target's count of requests goes down. Thread-safe.
 */
public final class Lease {
    private static final Logger LOG = LoggerFactory.getLogger(Lease.class);

    /** Where a lease stands, unless it stands at the action of {@link #onCut}, which is as good as {@link #HELD}. */
    private enum State implements Runnable {
        /** The request is under way, and nothing is to be done yet if it is cut. An action, RELEASED or CUT follows. */
        HELD,
        /** The request has ended. Nothing follows. */
        RELEASED,
        /** The request was cut. Nothing follows. */
        CUT;

        @Override
        public void run() {}
    }

    private static final AtomicReferenceFieldUpdater<Lease, Runnable> STATE =
            AtomicReferenceFieldUpdater.newUpdater(Lease.class, Runnable.class, "state");

    private static final AtomicReferenceFieldUpdater<Lease, Expiry> EXPIRY =
            AtomicReferenceFieldUpdater.newUpdater(Lease.class, Expiry.class, "expiry");

    private static final AtomicReferenceFieldUpdater<Lease, Runnable> ON_DRAIN =
            AtomicReferenceFieldUpdater.newUpdater(Lease.class, Runnable.class, "onDrain");

    private final Target target;
    private volatile @Nullable Expiry expiry;
    private volatile @Nullable Runnable onDrain;
    private volatile Runnable state = State.HELD;

    /** Where the target keeps this lease; set before anyone but the claiming thread sees it as claimed. */
    private volatile LeaseSlots.@Nullable Table table;

    private volatile int index;

    Lease(Target target) {
        this.target = target;
    }

    void slot(LeaseSlots.Table table, int index) {
        this.index = index;
        this.table = table;
    }

    /** {@return the target claimed} */
    public Target target() {
        return target;
    }

    /** {@return the target's address} */
    public TargetAddress address() {
        return target.address();
    }

    /**
     * Says how the request is ended when the drain's time is over. Called once, by whoever carries the request out.
     *
     * @param action non-blocking; run at once if that time has come already
     */
    public void onCut(Runnable action) {
        if (!STATE.compareAndSet(this, State.HELD, action) && state == State.CUT) {
            action.run();
        }
    }

    /**
     * Has the request told when its target or its service drains or the proxy ends, so that it can end in good order before it
     * is cut: once, at a random moment of the first half of the time that the drain has, on the proxy's scheduler. One that asks
     * when a drain is under way is told in what is left of that half; if nothing is, at once and on this thread. A drain without
     * any time tells it right before the cut. A pause that is resumed before it was told leaves it alone, and a lease that has
     * ended is not told; one that ends at the same moment may be. Called once, by whoever carries the request out.
     *
     * @param action non-blocking
     */
    public void onDrain(Runnable action) {
        onDrain = action;
        target.tellOfDrainUnderWay(this);
    }

    boolean isToHearOfDrain() {
        return onDrain != null;
    }

    void tellOfDrain() {
        Runnable action = onDrain;
        if (action != null && ON_DRAIN.compareAndSet(this, action, null) && !hasEnded()) {
            tell(action);
        }
    }

    private boolean hasEnded() {
        Runnable current = state;
        return current == State.RELEASED || current == State.CUT;
    }

    /**
     * Has the request told when its target has taken too long; takes the place of an earlier deadline. It is told on the
     * proxy's scheduler, up to {@link ProxyEngine#EXPIRY_PRECISION} late.
     *
     * @param nanoTime when, in the time of the engine's clock
     * @param action non-blocking
     */
    public void expireAt(long nanoTime, Runnable action) {
        expiry = new Expiry(nanoTime, action);
        target.watchExpiry();
    }

    /** Takes the deadline back. */
    public void neverExpire() {
        expiry = null;
    }

    void checkExpiry(long now) {
        Expiry due = expiry;
        if (due != null && now - due.nanoTime() >= 0 && EXPIRY.compareAndSet(this, due, null)) {
            tell(due.action());
        }
    }

    private record Expiry(long nanoTime, Runnable action) {}

    /** Gives the claim up; only the first end of a lease counts. */
    public void release() {
        Runnable current = state;
        while (current != State.RELEASED && current != State.CUT) {
            if (STATE.compareAndSet(this, current, State.RELEASED)) {
                leave();
                return;
            }
            current = state;
        }
    }

    /** Ends the request, then the claim; only the first end of a lease counts. */
    void cut() {
        Runnable current = state;
        while (current != State.RELEASED && current != State.CUT) {
            if (STATE.compareAndSet(this, current, State.CUT)) {
                target.cutOne(); // Before the end of the drain, as that is when cuts are counted.
                tell(current);
                leave();
                return;
            }
            current = state;
        }
    }

    /** What one request does with the news keeps no other from hearing its own. */
    private void tell(Runnable action) {
        try {
            action.run();
        } catch (RuntimeException | Error e) {
            LOG.warn("A request to {} failed to end", target, e);
        }
    }

    private void leave() {
        // A cut may find the lease in its slot a moment before the claim that put it there knows which slot that is.
        LeaseSlots.Table kept = table;
        while (kept == null) {
            Thread.onSpinWait();
            kept = table;
        }
        kept.free(index);
        target.leave();
    }
}
