package dev.gapless.proxy.engine;

import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.ProbeOutcome;
import dev.gapless.proxy.ServiceInfo.Role;
import dev.gapless.proxy.ServiceInfo.TargetInfo;
import dev.gapless.proxy.TargetAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One backend address of one deployment; the same address deployed again is another target. Thread-safe.
 *
 * <p>Its life in terms of leases:
 *
 * <ul>
 *   <li><em>open</em>: leases are given. Draining may follow.
 *   <li><em>draining</em>: no lease is given any more, those given go on. Drained follows, when the last of them ends.
 *   <li><em>drained</em>: nothing is in flight, and nothing ever will be.
 * </ul>
 */
public final class Target {
    /** Set in {@link #leases} when draining begins; being the sign bit, it leaves the count below as it is. */
    private static final int DRAINING = Integer.MIN_VALUE;

    private static final AtomicIntegerFieldUpdater<Target> WATCHED =
            AtomicIntegerFieldUpdater.newUpdater(Target.class, "watched");

    private final TargetAddress address;
    private final Role role;
    private final ExpiryWatch expiryWatch;
    private @Nullable TargetGroup group;
    private final AtomicInteger leases = new AtomicInteger();
    private final LeaseSlots slots = new LeaseSlots();
    /** Those of the drains under way. */
    private final CopyOnWriteArrayList<DrainNotice> notices = new CopyOnWriteArrayList<>();

    private final CompletableFuture<@Nullable Void> drained = new CompletableFuture<>();
    private final AtomicInteger cuts = new AtomicInteger();
    private final AtomicReference<@Nullable Object> attachment = new AtomicReference<>();
    private final AtomicReference<@Nullable CompletableFuture<@Nullable Void>> idle = new AtomicReference<>();
    private final AtomicInteger failuresInARow = new AtomicInteger();
    private volatile boolean cutting;
    private volatile boolean healthy;
    private volatile boolean ejected;
    /** 1 if the expiry watch has this target. */
    private volatile int watched;

    /** Outcomes in a row that speak against the present health; guarded by this target. */
    private int contrary;

    private boolean everHealthy;

    Target(TargetAddress address, Role role, ExpiryWatch expiryWatch) {
        this.address = address;
        this.role = role;
        this.expiryWatch = expiryWatch;
    }

    Role role() {
        return role;
    }

    /** Set once, before the target is seen by anyone. */
    void setGroup(TargetGroup group) {
        this.group = group;
    }

    @Nullable
    TargetGroup group() {
        return group;
    }

    /** {@return where it listens} */
    public TargetAddress address() {
        return address;
    }

    /**
     * {@return what the adapter keeps with this target, its connections say} Set once, by whoever comes first.
     *
     * @param created what to keep if nothing is kept yet
     */
    public Object attachment(Object created) {
        Object kept = attachment.get();
        if (kept == null && attachment.compareAndSet(null, created)) {
            return created;
        }
        return kept == null ? attachment(created) : kept;
    }

    /** {@return what the adapter keeps with this target, or null} */
    public @Nullable Object attachment() {
        return attachment.get();
    }

    boolean isHealthy() {
        return healthy;
    }

    boolean isEjected() {
        return ejected;
    }

    void setEjected(boolean out) {
        failuresInARow.set(0);
        ejected = out;
    }

    /** Counts a request that failed. Returns how many have in a row. */
    int failedInARow() {
        return failuresInARow.incrementAndGet();
    }

    /** A request has succeeded. Writes only where there is something to forget. */
    void succeeded() {
        if (failuresInARow.get() > 0) {
            failuresInARow.set(0);
        }
    }

    synchronized void setHealthy() {
        healthy = true;
        everHealthy = true;
    }

    /** Counts an outcome. Returns whether it changed the health. */
    synchronized boolean probed(ProbeOutcome outcome, HealthCheck check) {
        boolean success = outcome instanceof ProbeOutcome.Healthy;
        if (success == healthy) {
            contrary = 0;
            return false;
        }
        contrary++;
        int needed = success ? check.successesUntilHealthy() : check.failuresUntilUnhealthy();
        if (contrary < needed && (everHealthy || !success)) {
            return false;
        }
        contrary = 0;
        healthy = success;
        everHealthy |= success;
        return true;
    }

    /** {@return a lease, or null once draining has begun} */
    @Nullable
    Lease claim() {
        if (!enter()) {
            return null;
        }
        Lease lease = new Lease(this);
        slots.add(lease);
        if (cutting) {
            lease.cut(); // The cut may have passed the slot before the lease was in it.
        }
        return lease;
    }

    private boolean enter() {
        int count = leases.get();
        while (count >= 0) {
            if (leases.compareAndSet(count, count + 1)) {
                return true;
            }
            count = leases.get();
        }
        return false;
    }

    void leave() {
        int left = leases.decrementAndGet();
        if (left == DRAINING) {
            drained.complete(null);
        }
        if ((left & ~DRAINING) == 0) {
            tellIfIdle();
        }
    }

    /** Completes when nothing is in flight, on the thread that ended the last request; that may change again at once. */
    CompletableFuture<@Nullable Void> idle() {
        CompletableFuture<@Nullable Void> waiting = new CompletableFuture<>();
        CompletableFuture<@Nullable Void> shared =
                idle.accumulateAndGet(waiting, (old, mine) -> old == null ? mine : old);
        tellIfIdle();
        return shared == null ? waiting : shared;
    }

    /** Looks at the count after who waits, as a request may have come since the one that the caller has seen end. */
    private void tellIfIdle() {
        CompletableFuture<@Nullable Void> waiting = idle.get();
        if (waiting != null && inFlight() == 0 && idle.compareAndSet(waiting, null)) {
            waiting.complete(null);
        }
    }

    /** Gives no more leases. Completes when the last one given has ended, on the thread that ended it. */
    CompletableFuture<@Nullable Void> drain() {
        int before = leases.getAndUpdate(count -> count | DRAINING);
        if (before == 0) {
            drained.complete(null);
        }
        return drained;
    }

    /** Ends whatever is still in flight; draining must have begun. */
    void cut() {
        cutting = true;
        slots.forEach(Lease::cut);
    }

    /** Ends what is in flight at this moment. A lease that is being claimed goes on, if the service's gate lets it. */
    void cutPresent() {
        slots.forEach(Lease::cut);
    }

    /** A drain begins that requests are to hear of. */
    void announce(DrainNotice notice) {
        if (notices.addIfAbsent(notice)) {
            slots.forEach(lease -> {
                if (lease.isToHearOfDrain()) {
                    notice.tellInTime(lease);
                }
            });
        }
    }

    void forget(DrainNotice notice) {
        notices.remove(notice);
    }

    /** Tells each request of a drain that has asked for it and was not told yet. */
    void tellOfDrain() {
        slots.forEach(Lease::tellOfDrain);
    }

    /** One of the requests in flight asks to hear of drains. */
    void tellOfDrainUnderWay(Lease lease) {
        notices.forEach(notice -> notice.tellLatecomer(lease));
    }

    void cutOne() {
        cuts.incrementAndGet();
    }

    /** One of the requests in flight has got a deadline. */
    void watchExpiry() {
        if (watched == 0 && WATCHED.compareAndSet(this, 0, 1)) {
            expiryWatch.add(this);
        }
    }

    void checkExpiry(long now) {
        slots.forEach(lease -> lease.checkExpiry(now));
        if (inFlight() == 0) {
            expiryWatch.remove(this);
            watched = 0;
            if (inFlight() > 0) {
                watchExpiry(); // It has got a request meanwhile, which may have taken it for watched.
            }
        }
    }

    int cuts() {
        return cuts.get();
    }

    int inFlight() {
        return leases.get() & ~DRAINING;
    }

    TargetInfo info() {
        boolean takesRequests = group == null ? healthy : group.available().contains(this);
        return new TargetInfo(address, role, takesRequests, inFlight());
    }

    @Override
    public String toString() {
        return address.toString();
    }
}
