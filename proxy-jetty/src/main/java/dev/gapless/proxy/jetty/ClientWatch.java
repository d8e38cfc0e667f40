package dev.gapless.proxy.jetty;

import dev.gapless.proxy.jetty.LaneServerConnector.ClientEndPoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.AbstractEndPoint;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Notices that the client of an HTTP/1.1 request leaves while the proxy waits for a target: the connection itself reads
 * nothing between the end of a request and the end of its response. If it is the next request that comes instead of the end
 * of the stream, its bytes are kept until the exchange is over: the connection's buffer may still hold the present request's
 * body, on its way to a target that is slow to take it, and must not be touched before.
 *
 * <p>From its beginning until it is stopped the client is not counted as idle, as nothing is expected of it. Jetty would ask, too,
 * but only if nothing is being written: a write that has just begun when the idle time is over is failed without a question.
 *
 * <p>The watch goes on for as long as what it keeps has room in the connection's buffer, which takes it back in one piece and
 * would lose the rest. Then it is over: what the client sends beyond that stays where it is, and so does its leaving.
 *
 * <p>The connection must never find the watch registered for reading once the exchange is over, as only one can be: so the
 * watch is only stopped at once while it is registered for certain, and otherwise by whoever is in the middle of a step.
 */
final class ClientWatch implements Callback {
    private enum State {
        /** Registering to be told when something can be read. WATCHING, ALERTED or STOPPING follows. */
        REGISTERING,
        /** Told that something can be read before the registration was over. READING or STOPPING follows. */
        ALERTED,
        /** Registered. READING or STOPPED follows. */
        WATCHING,
        /** Looking at what there is. REGISTERING, ENDED or STOPPING follows. */
        READING,
        /** The exchange is over, and the step under way must end the watch. STOPPED follows. */
        STOPPING,
        /** No more can be kept, or the client has left: there is nothing to watch. Nothing follows. */
        ENDED,
        /** The connection belongs to itself again. Nothing follows. */
        STOPPED
    }

    /** What hears of the client; called at most once in all. */
    interface Listener {
        /** The client has left. */
        void clientLeft();

        /** The client has sent as much as can be kept, and is not watched any more. */
        void watchIsFull();
    }

    private static final int LOOK_BYTES = 512;
    /** How much is thrown away at most. */
    private static final int MAX_DROPPED_BYTES = 1 << 20;

    private static final AtomicReferenceFieldUpdater<ClientWatch, State> STATE =
            AtomicReferenceFieldUpdater.newUpdater(ClientWatch.class, State.class, "state");

    private final AbstractEndPoint endPoint;
    private final Connection connection;
    private final int limit;
    private final Listener listener;
    private final Executor lane;
    private volatile State state = State.REGISTERING;
    private volatile @Nullable Runnable afterStop;

    /** What the client has sent of its next request; belongs to who looks, and in the end to who gives it back. */
    private @Nullable ByteBuffer next;

    private ClientWatch(AbstractEndPoint endPoint, AbstractConnection connection, Executor lane, Listener listener) {
        this.endPoint = endPoint;
        this.connection = connection;
        this.limit = connection.getInputBufferSize();
        this.next = ((Connection.UpgradeFrom) connection).onUpgradeFrom();
        this.lane = lane;
        this.listener = listener;
    }

    /**
     * Makes a watch for a connection whose request has been read to its end.
     *
     * @param connection the client's
     * @param lane where the listener is called, and what comes after the watch: a connection of the host's is looked at by
     *     threads of its own
     * @param listener called on the lane, possibly by {@link #start}
     * @return the watch, not started, or null if this connection cannot be watched (nor needs to be: HTTP/2)
     */
    static @Nullable ClientWatch of(Connection connection, Executor lane, Listener listener) {
        boolean watchable = connection instanceof Connection.UpgradeTo && connection instanceof Connection.UpgradeFrom;
        return watchable
                        && connection instanceof AbstractConnection http1
                        && connection.getEndPoint() instanceof AbstractEndPoint endPoint
                ? new ClientWatch(endPoint, http1, lane, listener)
                : null;
    }

    /** Starts to watch, unless the client has sent as much as can be kept already. */
    void start() {
        ClientEndPoint client = client();
        if (client != null) {
            client.beginPatience();
        }
        if (isFull()) {
            state = State.ENDED;
            lane.execute(listener::watchIsFull);
        } else {
            register();
        }
    }

    /** Whether the watch is over because no more can be kept. */
    boolean isOverFull() {
        return state == State.ENDED && isFull();
    }

    private boolean isFull() {
        ByteBuffer kept = next;
        return kept != null && kept.remaining() >= limit;
    }

    /**
     * Throws away what was kept, and what has come since: the connection is going to be closed, and if it were closed with
     * something unread its client might lose the answer. To be called when the watch is full.
     */
    void drop() {
        LaneTask.renewTurn();
        ByteBuffer dropped = BufferUtil.allocate(limit);
        int last = 1;
        for (int all = 0; last > 0 && all < MAX_DROPPED_BYTES; all += last) {
            BufferUtil.clear(dropped);
            last = fill(dropped);
        }
        next = null;
    }

    private void register() {
        boolean registered = endPoint.getFillInterest().tryRegister(this);
        if (!registered && STATE.compareAndSet(this, State.REGISTERING, State.ENDED)) {
            return;
        }
        if (STATE.compareAndSet(this, State.REGISTERING, State.WATCHING)) {
            return;
        }
        if (STATE.compareAndSet(this, State.ALERTED, State.READING)) {
            look();
        } else {
            unregister();
            stopped();
        }
    }

    /**
     * Ends the watch and gives the connection back.
     *
     * @param then run when the connection is not touched any more, possibly by another thread
     */
    void stop(Runnable then) {
        afterStop = then;
        while (true) {
            State current = state;
            switch (current) {
                case WATCHING -> {
                    if (STATE.compareAndSet(this, current, State.STOPPED)) {
                        unregister();
                        giveBack(then);
                        return;
                    }
                }
                case REGISTERING, ALERTED, READING -> {
                    if (STATE.compareAndSet(this, current, State.STOPPING)) {
                        return;
                    }
                }
                default -> {
                    giveBack(then);
                    return;
                }
            }
        }
    }

    /** The connection belongs to itself again, with what was read of its next request. */
    private void giveBack(Runnable then) {
        ByteBuffer kept = next;
        if (kept != null && kept.hasRemaining()) {
            ((Connection.UpgradeTo) connection).onUpgradeTo(kept);
        }
        ClientEndPoint client = client();
        if (client != null) {
            client.endPatience();
        }
        lane.execute(then);
    }

    private @Nullable ClientEndPoint client() {
        return Lanes.unwrapped(endPoint) instanceof ClientEndPoint client ? client : null;
    }

    /** Takes the registration back: the call that this causes finds nothing to do. */
    private void unregister() {
        endPoint.getFillInterest().fillable();
    }

    @Override
    public void succeeded() {
        if (STATE.compareAndSet(this, State.WATCHING, State.READING)) {
            look();
        } else {
            STATE.compareAndSet(this, State.REGISTERING, State.ALERTED);
        }
    }

    /** The connection is closed; a look finds that out. */
    @Override
    public void failed(Throwable failure) {
        succeeded();
    }

    @Override
    public InvocationType getInvocationType() {
        return InvocationType.NON_BLOCKING;
    }

    private void look() {
        int length;
        do {
            length = fill(room());
        } while (length > 0 && !isFull());
        if (length < 0) {
            end();
            lane.execute(listener::clientLeft);
        } else if (length > 0) {
            if (end()) {
                lane.execute(listener::watchIsFull);
            }
        } else if (STATE.compareAndSet(this, State.READING, State.REGISTERING)) {
            register();
        } else {
            stopped();
        }
    }

    /** Where more can be read to, up to the limit. */
    private ByteBuffer room() {
        ByteBuffer kept = next == null ? BufferUtil.allocate(Math.min(LOOK_BYTES, limit)) : next;
        if (BufferUtil.space(kept) == 0) {
            int capacity = Math.min(limit, Math.max(LOOK_BYTES, 2 * kept.remaining()));
            ByteBuffer larger = BufferUtil.allocate(capacity);
            BufferUtil.append(larger, kept);
            kept = larger;
        }
        next = kept;
        return kept;
    }

    private int fill(ByteBuffer buffer) {
        try {
            return endPoint.isOpen() ? endPoint.fill(buffer) : -1;
        } catch (IOException e) {
            return -1;
        }
    }

    /** {@return whether the watch was not stopped meanwhile} */
    private boolean end() {
        boolean ended = STATE.compareAndSet(this, State.READING, State.ENDED);
        if (!ended) {
            stopped();
        }
        return ended;
    }

    private void stopped() {
        state = State.STOPPED;
        Runnable then = afterStop;
        if (then != null) {
            giveBack(then);
        }
    }
}
