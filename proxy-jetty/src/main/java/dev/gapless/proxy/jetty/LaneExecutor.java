package dev.gapless.proxy.jetty;

import java.util.concurrent.Executor;
import org.eclipse.jetty.io.Connection;

/**
 * The executor of connections: a connection that has to go on, to read its next request say, does so on the lane's thread
 * at hand; everything else gets a thread of the pool.
 */
final class LaneExecutor implements Executor {
    private final Executor pool;

    LaneExecutor(Executor pool) {
        this.pool = pool;
    }

    @Override
    public void execute(Runnable task) {
        if (!(task instanceof Connection && LaneTask.putOff(task))) {
            pool.execute(task);
        }
    }
}
