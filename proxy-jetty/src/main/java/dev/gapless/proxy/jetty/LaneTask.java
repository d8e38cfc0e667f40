package dev.gapless.proxy.jetty;

import java.util.ArrayDeque;
import java.util.Queue;
import org.eclipse.jetty.util.thread.Invocable;
import org.jspecify.annotations.Nullable;

/**
 * What a lane's thread does for one selected connection, and then whatever that has put off with {@link LaneExecutor}: the
 * rest of a request's work stays on the thread that began it, without waking another.
 */
final class LaneTask implements Invocable.Task {
    private static final ThreadLocal<@Nullable Queue<Runnable>> PUT_OFF = new ThreadLocal<>();

    private final Runnable task;

    LaneTask(Runnable task) {
        this.task = task;
    }

    /** Puts a task off to the end of the present one. Returns false if this thread does not run a lane's task. */
    static boolean putOff(Runnable task) {
        Queue<Runnable> queue = PUT_OFF.get();
        return queue != null && queue.add(task);
    }

    @Override
    public void run() {
        Queue<Runnable> queue = new ArrayDeque<>(2);
        PUT_OFF.set(queue);
        try {
            Runnable next = task;
            while (next != null) {
                next.run();
                next = queue.poll();
            }
        } finally {
            PUT_OFF.remove();
        }
    }

    @Override
    public InvocationType getInvocationType() {
        return InvocationType.NON_BLOCKING; // Nothing on the request path blocks.
    }
}
