package dev.gapless.proxy.engine;

import dev.gapless.proxy.spi.Scheduler;
import dev.gapless.proxy.spi.TimeSource;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.DoubleSupplier;

/**
 * The word of one drain to those requests on its targets that have asked for it ({@link Lease#onDrain}), to each at a random
 * moment of the drain's first half, so that clients who come back do not come all at once. Thread-safe.
 *
 * <p>A request may ask while it is being given: either side shows first what it brings, and looks then for the other. So
 * nobody is missed; one whom both have found hears of it once, as the lease sees to.
 */
final class DrainNotice {
    private final TimeSource time;
    private final Scheduler scheduler;
    /** From 0 to less than 1. */
    private final DoubleSupplier chance;

    private final boolean hasTime;
    private final long halfTimeNanos;
    private final Queue<Target> targets = new ConcurrentLinkedQueue<>();
    private final Queue<Scheduler.Cancellable> toCome = new ConcurrentLinkedQueue<>();
    private volatile boolean over;

    /** Begins the drain's time. */
    DrainNotice(TimeSource time, Scheduler scheduler, DoubleSupplier chance, Duration timeout) {
        this.time = time;
        this.scheduler = scheduler;
        this.chance = chance;
        this.hasTime = !timeout.isZero();
        this.halfTimeNanos = time.nanoTime() + timeout.toNanos() / 2;
    }

    /** Gives it to the requests on these targets: those there are, and those that come. Tells nobody on this thread. */
    void give(List<Target> draining) {
        for (Target target : draining) {
            targets.add(target);
            target.announce(this);
        }
    }

    /**
     * A request was there before the drain. In one that has no time, {@link #tellRest} tells it, on the thread that cuts it next:
     * another might be overtaken by the cut.
     */
    void tellInTime(Lease lease) {
        if (!hasTime) {
            return;
        }
        long left = Math.max(0, halfTimeNanos - time.nanoTime());
        Duration delay = Duration.ofNanos((long) (left * chance.getAsDouble()));
        Scheduler.Cancellable telling = scheduler.schedule(lease::tellOfDrain, delay);
        toCome.add(telling);
        if (over) {
            telling.cancel();
        }
    }

    /** A request asks while the drain goes on. */
    void tellLatecomer(Lease lease) {
        if (halfTimeNanos - time.nanoTime() > 0) {
            tellInTime(lease);
        } else if (!over) {
            lease.tellOfDrain();
        }
    }

    /** Tells those who have not been told yet, on this thread. */
    void tellRest() {
        if (!over) {
            targets.forEach(Target::tellOfDrain);
        }
    }

    /** Nobody needs to hear of it any more. */
    void takeBack() {
        over = true;
        targets.forEach(target -> target.forget(this));
        toCome.forEach(Scheduler.Cancellable::cancel);
    }
}
