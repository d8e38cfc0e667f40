package dev.gapless.proxy.jetty;

import dev.gapless.proxy.Pace;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

/**
 * A body on its way from or to a client, as far as the proxy waits for that client.
 *
 * <p>One thread at a time carries the body on, and the {@link PaceWatch} looks at it on another. These meet in the turn alone:
 * what a wait is judged by is written before it begins and stands still until it is over, and a verdict counts only if that
 * same wait goes on. So a body that has moved meanwhile is not judged by what it was.
 */
abstract class PacedTransfer {
    private static final AtomicIntegerFieldUpdater<PacedTransfer> TURN =
            AtomicIntegerFieldUpdater.newUpdater(PacedTransfer.class, "turn");

    /** Nothing follows. */
    private static final int OVER = -1;

    private final PaceWatch watch;
    private final Runnable tooSlow;
    final long idleNanos;

    /** Counts the waits and what is between them: odd while the proxy waits, even else, negative when it is over. */
    private volatile int turn;

    private boolean watched;

    PacedTransfer(PaceWatch watch, Pace pace, Runnable tooSlow) {
        this.watch = watch;
        this.tooSlow = tooSlow;
        this.idleNanos = pace.idleTime().toNanos();
    }

    final long nanoTime() {
        return watch.time().nanoTime();
    }

    final int turn() {
        return turn;
    }

    /** Whether this is the turn of a wait. */
    static boolean isWait(int turn) {
        return turn > 0 && (turn & 1) != 0;
    }

    /** Begins a wait, unless it is that other turn no longer. {@return whether it has begun} */
    final boolean beginWait(int from) {
        if (from == OVER || !TURN.compareAndSet(this, from, from + 1)) {
            return false;
        }
        if (!watched) {
            watched = true;
            watch.add(this);
        }
        return true;
    }

    /** Ends the present turn. {@return whether it was a wait} */
    final boolean endTurn() {
        int from = turn;
        while (from != OVER && !TURN.compareAndSet(this, from, ((from | 1) + 1) & Integer.MAX_VALUE)) {
            from = turn;
        }
        return isWait(from);
    }

    /** The body is at its end, or given up: it is never too slow from now on. Does nothing if it has ended before. */
    final void ends() {
        if (isWait(TURN.getAndSet(this, OVER))) {
            waitIsVain();
        }
        if (watched) {
            watch.remove(this);
        }
    }

    /** Ends it and says so if its client is too slow. {@return whether it has ended, now or before} */
    final boolean check(long nowNanos) {
        int seen = turn;
        if (isWait(seen) && isTooSlow(nowNanos) && TURN.compareAndSet(this, seen, OVER)) {
            waitIsVain();
            tooSlow.run();
        }
        return turn == OVER;
    }

    /** Whether the client is too slow if the wait that has been seen still goes on. Changes nothing. */
    abstract boolean isTooSlow(long nowNanos);

    /** The wait is over without what was waited for. */
    void waitIsVain() {}
}
