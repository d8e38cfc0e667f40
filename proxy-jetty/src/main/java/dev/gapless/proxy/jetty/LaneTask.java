package dev.gapless.proxy.jetty;

import java.util.ArrayDeque;
import java.util.Queue;
import org.eclipse.jetty.util.thread.Invocable;
import org.jspecify.annotations.Nullable;

/**
 * What a lane's thread does for one selected connection, and then whatever that has put off with {@link LaneExecutor}: the
 * rest of a request's work stays on the thread that began it, without waking another.
 *
 * <p>All that is a turn, and a turn has an end: a client that sends without a pause would have the lane to itself otherwise.
 */
final class LaneTask implements Invocable.Task {
    /**
     * So many reads, of bytes or of parts of a body, are in every turn: more than a request needs, which then costs no look at the
     * clock.
     */
    private static final int FREE_READS = 4;

    /** Further reads have so long together; those who need more would keep others waiting. */
    private static final long READING_NANOS = 1_000_000;

    private static final ThreadLocal<@Nullable Turn> TURN = new ThreadLocal<>();

    /** What is under way on a thread: what it has put off, and how much it has read. */
    private static final class Turn {
        private final Lane lane;
        private final Queue<Runnable> putOff = new ArrayDeque<>(2);
        private int reads;
        private long lastFreeRead;

        private Turn(Lane lane) {
            this.lane = lane;
        }

        private boolean admitsRead() {
            reads++;
            if (reads == FREE_READS) {
                lastFreeRead = System.nanoTime();
            }
            return reads <= FREE_READS || System.nanoTime() - lastFreeRead < READING_NANOS;
        }
    }

    private final Lane lane;
    private final Runnable task;

    LaneTask(Lane lane, Runnable task) {
        this.lane = lane;
        this.task = task;
    }

    /** Tells whether this thread is in a turn of that lane. */
    static boolean isUnderWay(Lane lane) {
        Turn turn = TURN.get();
        return turn != null && turn.lane == lane;
    }

    /** Puts a task off to the end of the present one. Returns false if this thread does not run a lane's task. */
    static boolean putOff(Runnable task) {
        Turn turn = TURN.get();
        return turn != null && turn.putOff.add(task);
    }

    /**
     * Tells whether there is time for one more read in the present turn, if this thread is in one. What was read before may hold
     * thousands of parts, each of which is written by itself: so whoever passes parts on asks, too, and goes on in another turn.
     */
    static boolean admitsRead() {
        Turn turn = TURN.get();
        return turn == null || turn.admitsRead();
    }

    /** Has the present turn, if any, go on for once as if it had just begun. */
    static void renewTurn() {
        Turn turn = TURN.get();
        if (turn != null) {
            turn.reads = 0;
        }
    }

    @Override
    public void run() {
        Turn turn = new Turn(lane);
        TURN.set(turn);
        try {
            run(task, turn);
            if (lane.hasTurned()) {
                run(lane::catchUp, turn);
            }
        } finally {
            TURN.remove();
        }
    }

    private static void run(Runnable first, Turn turn) {
        Runnable next = first;
        while (next != null) {
            next.run();
            next = turn.putOff.poll();
        }
    }

    @Override
    public InvocationType getInvocationType() {
        return InvocationType.NON_BLOCKING; // Nothing on the request path blocks.
    }
}
