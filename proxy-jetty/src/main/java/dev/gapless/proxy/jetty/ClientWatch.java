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
 * of the stream, its bytes are handed to the connection for later, and the watch is over.
 */
final class ClientWatch implements Callback {
    private enum State {
        /** Told when something can be read. READING or STOPPED follows. */
        WATCHING,
        /** Looking at what there is. WATCHING, ENDED or STOPPING follows. */
        READING,
        /** The exchange is over, but a look is not yet. STOPPED follows. */
        STOPPING,
        /** The next request has begun, or the client has left: there is nothing to watch. STOPPED follows. */
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
    private volatile State state = State.WATCHING;
    private @Nullable Runnable afterStop;

    private ClientWatch(AbstractEndPoint endPoint, Connection connection, Runnable onLeft) {
        this.endPoint = endPoint;
        this.connection = connection;
        this.onLeft = onLeft;
    }

    /**
     * Starts to watch a connection whose request has been read to its end.
     *
     * @param connection the client's
     * @param onLeft called once, if the client leaves
     * @return the watch, or null if this kind of connection cannot be watched (nor needs to be: HTTP/2)
     */
    static @Nullable ClientWatch start(Connection connection, Runnable onLeft) {
        if (!(connection instanceof Connection.UpgradeTo
                && connection instanceof Connection.UpgradeFrom
                && connection.getEndPoint() instanceof AbstractEndPoint endPoint)) {
            return null;
        }
        if (hasNextRequest(connection)) {
            return null;
        }
        ClientWatch watch = new ClientWatch(endPoint, connection, onLeft);
        return endPoint.getFillInterest().tryRegister(watch) ? watch : null;
    }

    /** A client that sends its next request early is there, and what it sent fills the connection's buffer. */
    private static boolean hasNextRequest(Connection connection) {
        ByteBuffer unread = ((Connection.UpgradeFrom) connection).onUpgradeFrom();
        if (unread == null) {
            return false;
        }
        ((Connection.UpgradeTo) connection).onUpgradeTo(unread);
        return true;
    }

    /**
     * Ends the watch and gives the connection back.
     *
     * @param then run when the connection is not touched any more, possibly by another thread
     */
    void stop(Runnable then) {
        afterStop = then;
        while (true) {
            switch (state) {
                case WATCHING -> {
                    if (STATE.compareAndSet(this, State.WATCHING, State.STOPPED)) {
                        endPoint.getFillInterest().fillable(); // Takes the registration back.
                        then.run();
                        return;
                    }
                }
                case READING -> {
                    if (STATE.compareAndSet(this, State.READING, State.STOPPING)) {
                        return;
                    }
                }
                default -> {
                    then.run();
                    return;
                }
            }
        }
    }

    @Override
    public void succeeded() {
        if (STATE.compareAndSet(this, State.WATCHING, State.READING)) {
            look();
        }
    }

    @Override
    public void failed(Throwable failure) {
        if (STATE.compareAndSet(this, State.WATCHING, State.READING)) {
            left();
        }
    }

    @Override
    public InvocationType getInvocationType() {
        return InvocationType.NON_BLOCKING;
    }

    private void look() {
        ByteBuffer seen = BufferUtil.allocate(LOOK_BYTES);
        int length = fill(seen);
        if (length < 0) {
            left();
        } else if (length == 0) {
            watchOn();
        } else {
            ((Connection.UpgradeTo) connection).onUpgradeTo(seen);
            end();
        }
    }

    private int fill(ByteBuffer buffer) {
        try {
            return endPoint.fill(buffer);
        } catch (IOException e) {
            return -1;
        }
    }

    private void left() {
        end();
        onLeft.run();
    }

    private void watchOn() {
        if (STATE.compareAndSet(this, State.READING, State.WATCHING)) {
            if (!endPoint.getFillInterest().tryRegister(this)) {
                STATE.compareAndSet(this, State.WATCHING, State.ENDED);
            }
        } else {
            end();
        }
    }

    private void end() {
        if (!STATE.compareAndSet(this, State.READING, State.ENDED)
                && STATE.compareAndSet(this, State.STOPPING, State.STOPPED)) {
            Runnable then = afterStop;
            if (then != null) {
                then.run();
            }
        }
    }
}
