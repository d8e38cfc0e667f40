package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.eclipse.jetty.io.AbstractEndPoint;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Notices that the client of an HTTP/1.1 request leaves while the proxy waits for a target: the connection itself reads
 * nothing between the end of a request and the end of its response. If it is the next request that comes instead of the end
 * of the stream, the watch is over, and its bytes are kept until the exchange is: the connection's buffer may still hold the
 * present request's body, on its way to a target that is slow to take it, and must not be touched before.
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
        /** The next request has begun, or the client has left: there is nothing to watch. Nothing follows. */
        ENDED,
        /** The connection belongs to itself again. Nothing follows. */
        STOPPED
    }

    private static final int LOOK_BYTES = 512;
    private static final AtomicReferenceFieldUpdater<ClientWatch, State> STATE =
            AtomicReferenceFieldUpdater.newUpdater(ClientWatch.class, State.class, "state");

    private final AbstractEndPoint endPoint;
    private final Connection connection;
    private final Runnable onLeft;
    private volatile State state = State.REGISTERING;
    private volatile @Nullable Runnable afterStop;

    /** What the client has sent of its next request; written before the watch has ended. */
    private @Nullable ByteBuffer next;

    private ClientWatch(AbstractEndPoint endPoint, Connection connection, @Nullable ByteBuffer next, Runnable onLeft) {
        this.endPoint = endPoint;
        this.connection = connection;
        this.next = next;
        this.onLeft = onLeft;
    }

    /**
     * Makes a watch for a connection whose request has been read to its end.
     *
     * @param connection the client's
     * @param onLeft called once, if the client leaves
     * @return the watch, not started, or null if this connection cannot be watched (nor needs to be: HTTP/2)
     */
    static @Nullable ClientWatch of(Connection connection, Runnable onLeft) {
        boolean watchable = connection instanceof Connection.UpgradeTo
                && connection instanceof Connection.UpgradeFrom
                && connection.getEndPoint() instanceof AbstractEndPoint;
        if (!watchable) {
            return null;
        }
        ByteBuffer next = ((Connection.UpgradeFrom) connection).onUpgradeFrom();
        return new ClientWatch((AbstractEndPoint) connection.getEndPoint(), connection, next, onLeft);
    }

    /** Starts to watch, unless the client has sent its next request already, and so is there. */
    void start() {
        if (next == null) {
            register();
        } else {
            state = State.ENDED;
        }
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
        if (kept != null) {
            ((Connection.UpgradeTo) connection).onUpgradeTo(kept);
        }
        then.run();
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
        ByteBuffer seen = BufferUtil.allocate(LOOK_BYTES);
        int length = fill(seen);
        if (length < 0) {
            end();
            onLeft.run();
        } else if (length > 0) {
            next = seen;
            end();
        } else if (STATE.compareAndSet(this, State.READING, State.REGISTERING)) {
            register();
        } else {
            stopped();
        }
    }

    private int fill(ByteBuffer buffer) {
        try {
            return endPoint.isOpen() ? endPoint.fill(buffer) : -1;
        } catch (IOException e) {
            return -1;
        }
    }

    private void end() {
        if (!STATE.compareAndSet(this, State.READING, State.ENDED)) {
            stopped();
        }
    }

    private void stopped() {
        state = State.STOPPED;
        Runnable then = afterStop;
        if (then != null) {
            giveBack(then);
        }
    }
}
