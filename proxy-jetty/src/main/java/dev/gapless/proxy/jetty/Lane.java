package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.Queue;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SelectorManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One of the {@linkplain Lanes lanes}. It serves all connections that are ready, each in its {@linkplain LaneTask turn}, and
 * then looks again which are: that is a round. What is put off in a round is done before its thread waits for anything.
 */
final class Lane extends ManagedSelector {
    /**
     * So many turns at most until what was put off is done. It costs a few microseconds each time, and so little for each turn;
     * after many more the processor's caches would have forgotten what it is about, and many buffers would wait for it.
     */
    static final int MOST_TURNS = 64;

    private static final Logger LOG = LoggerFactory.getLogger(Lane.class);

    /** Belongs to the lane's thread, as does what follows. */
    private final Queue<Runnable> putOff = new ArrayDeque<>();

    private int turns;

    Lane(SelectorManager manager, int id) {
        super(manager, id);
    }

    /**
     * Puts a task off to the end of the present round, or of a part of it if it is a long one. To be called in a turn of this lane.
     */
    void putOff(Runnable task) {
        putOff.add(task);
    }

    /** To be called at the end of each turn. {@return whether it is time for what was put off} */
    boolean hasTurned() {
        turns++;
        return turns >= MOST_TURNS && !putOff.isEmpty();
    }

    /** Does what was put off, but not what that puts off. */
    void catchUp() {
        turns = 0;
        for (int left = putOff.size(); left > 0; left--) {
            putOff.remove().run();
        }
    }

    @Override
    protected int nioSelect(Selector selector, boolean now) throws IOException {
        turns = 0;
        if (!putOff.isEmpty()) {
            catchUpInTurn();
        }
        return super.nioSelect(selector, now || !putOff.isEmpty());
    }

    /** Lets nothing through, as it would be taken for a failure of the selector. */
    private void catchUpInTurn() {
        try {
            new LaneTask(this, this::catchUp).run();
        } catch (RuntimeException | Error e) {
            LOG.warn("a lane could not finish what it had put off", e);
        }
    }
}
