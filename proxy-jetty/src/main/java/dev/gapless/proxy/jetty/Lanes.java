package dev.gapless.proxy.jetty;

import dev.gapless.proxy.jetty.tls.TargetSsl;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Map;
import org.eclipse.jetty.client.Destination;
import org.eclipse.jetty.client.transport.HttpDestination;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SelectorManager;
import org.jspecify.annotations.Nullable;

/**
 * The selector threads, each of which serves both sides of the requests that came in on it: a lane. The connections of a
 * lane to targets are its own, so that a request is read, forwarded, answered and finished by one thread.
 *
 * <pre>
 *   ServerSocket ─► LaneServerConnector ─► lane 0  ◄─ connections to targets, tagged (target, 0)
 *                   (accepts)          └─► lane 1  ◄─ connections to targets, tagged (target, 1)
 * </pre>
 */
final class Lanes extends ClientConnector {
    /** No lane in particular. */
    static final int ANY = -1;

    /**
     * The tag of a destination: the connections of one lane to one target.
     *
     * @param target whose they are
     * @param lane which lane, or {@link #ANY}
     * @param ssl how TLS is spoken, null for not at all
     */
    record Tag(Object target, int lane, @Nullable TargetSsl ssl) {}

    /** The lane that a connection is for, in the middle of a call to the superclass, which asks for it. */
    private static final ThreadLocal<@Nullable Lane> WANTED = new ThreadLocal<>();

    private final int count;
    /** Where connections to targets come from; null for wherever the system chooses. */
    private @Nullable InetSocketAddress source;

    Lanes(int count) {
        this.count = count;
        setSelectors(count);
    }

    int count() {
        return count;
    }

    /** Has connections to targets come from an address of this machine. To be called before there are any. */
    void connectFrom(@Nullable InetSocketAddress from) {
        source = from;
    }

    /** Jetty's own would have sockets that are files bound to it, too. */
    @Override
    protected void configure(SelectableChannel channel) throws IOException {
        super.configure(channel);
        if (source != null
                && channel instanceof SocketChannel socket
                && socket.supportedOptions().contains(StandardSocketOptions.TCP_NODELAY)) {
            socket.bind(source);
        }
    }

    /** {@return the lane of a client's connection, or 0 if it has none} */
    static int of(EndPoint endPoint) {
        return unwrapped(endPoint) instanceof Laned laned ? laned.lane() : 0;
    }

    /** Whether a connection has a lane. */
    static boolean isLaned(EndPoint endPoint) {
        return unwrapped(endPoint) instanceof Laned;
    }

    /** Whether a connection has one of these lanes, and not one of another proxy's. */
    boolean own(EndPoint endPoint) {
        return unwrapped(endPoint) instanceof LaneEndPoint laned
                && getSelectorManager() instanceof LaneManager manager
                && laned.isOf(manager.lanes);
    }

    /** Runs a task on the lane of a client's connection, after what that does now. */
    static void execute(EndPoint endPoint, Runnable task) {
        if (unwrapped(endPoint) instanceof Laned laned) {
            laned.execute(task);
        } else {
            task.run();
        }
    }

    /** Runs a task on a lane: at once if this is its thread, and else after what that does now. */
    void callBack(int lane, Runnable task) {
        if (LaneTask.isUnderWay(lane(lane))) {
            task.run();
        } else {
            execute(lane, task);
        }
    }

    private Lane lane(int index) {
        return ((LaneManager) getSelectorManager()).lanes[index];
    }

    /** Runs a task on a lane, after what that does now. */
    void execute(int lane, Runnable task) {
        Lane chosen = lane(lane);
        LaneTask later = new LaneTask(chosen, task);
        chosen.submit(selected -> later.run());
    }

    /**
     * {@return the lane that a connection to a target is for, or {@link #ANY}} The attachment is what Jetty's client connects with.
     */
    static int laneOf(Object attachment) {
        Destination destination = destinationOf(attachment);
        return destination != null && destination.getOrigin().getTag() instanceof Tag tag ? tag.lane() : ANY;
    }

    private static @Nullable Destination destinationOf(Object attachment) {
        return attachment instanceof Map<?, ?> context
                        && context.get(Destination.CONTEXT_KEY) instanceof Destination destination
                ? destination
                : null;
    }

    /** {@return the connection itself, within TLS say} */
    static EndPoint unwrapped(EndPoint endPoint) {
        EndPoint unwrapped = endPoint;
        while (unwrapped instanceof EndPoint.Wrapper wrapper) {
            unwrapped = wrapper.unwrap();
        }
        return unwrapped;
    }

    /** Takes a connection that a listener has accepted into the next lane. */
    void accept(SelectableChannel channel, LaneServerConnector listener) {
        getSelectorManager().accept(channel, listener);
    }

    @Override
    protected SelectorManager newSelectorManager() {
        return new LaneManager();
    }

    private final class LaneManager extends ClientSelectorManager {
        private final Lane[] lanes = new Lane[count];
        private final BoundedExecutor bounded = new BoundedExecutor(Lanes.this.getExecutor(), count);

        LaneManager() {
            super(Lanes.this.getExecutor(), Lanes.this.getScheduler(), count);
        }

        @Override
        protected ManagedSelector newSelector(int id) {
            lanes[id] = new Lane(this, id);
            return lanes[id];
        }

        /** The lanes themselves are started so, and then connections are opened and closed, which may be many at once. */
        @Override
        protected void execute(Runnable task) {
            if (isStarted()) {
                bounded.execute(task);
            } else {
                super.execute(task);
            }
        }

        @Override
        protected ManagedSelector chooseSelector() {
            Lane lane = WANTED.get();
            return lane == null ? super.chooseSelector() : lane;
        }

        @Override
        public void connect(SelectableChannel channel, Object attachment) {
            WANTED.set(laneOf(attachment));
            try {
                super.connect(channel, attachment);
            } finally {
                WANTED.remove();
            }
        }

        @Override
        public void accept(SelectableChannel channel, Object attachment) {
            WANTED.set(laneOf(attachment));
            try {
                super.accept(channel, attachment);
            } finally {
                WANTED.remove();
            }
        }

        private @Nullable Lane laneOf(Object attachment) {
            int lane = Lanes.laneOf(attachment);
            return lane == ANY ? null : lanes[lane];
        }

        @Override
        protected EndPoint newEndPoint(SelectableChannel channel, ManagedSelector selector, SelectionKey key) {
            int lane = indexOf(selector);
            if (key.attachment() instanceof LaneServerConnector listener) {
                return listener.newEndPoint((SocketChannel) channel, lanes[lane], key, lane);
            }
            EndPoint endPoint = channel instanceof SocketChannel socket
                    ? new TargetEndPoint(socket, lanes[lane], key, getScheduler(), lane)
                    : super.newEndPoint(channel, selector, key);
            endPoint.setIdleTimeout(idleTimeout(key.attachment()).toMillis());
            return endPoint;
        }

        /** Where there are words to exchange before the first request, that must not take longer than connecting. */
        private Duration idleTimeout(Object attachment) {
            return destinationOf(attachment) instanceof TargetDestination
                    ? Lanes.this.getConnectTimeout()
                    : getIdleTimeout();
        }

        private int indexOf(ManagedSelector selector) {
            for (int i = 0; i < lanes.length; i++) {
                if (lanes[i] == selector) {
                    return i;
                }
            }
            throw new IllegalArgumentException("no lane has " + selector);
        }

        @Override
        public Connection newConnection(SelectableChannel channel, EndPoint endPoint, Object attachment)
                throws IOException {
            if (attachment instanceof LaneServerConnector listener) {
                return listener.getDefaultConnectionFactory().newConnection(listener, endPoint);
            }
            return super.newConnection(channel, endPoint, attachment);
        }

        @Override
        protected void endPointOpened(EndPoint endPoint) {
            super.endPointOpened(endPoint);
            if (endPoint instanceof LaneServerConnector.ClientEndPoint client) {
                client.listener().opened(client);
            }
        }

        @Override
        protected void endPointClosed(EndPoint endPoint) {
            super.endPointClosed(endPoint);
            if (endPoint instanceof LaneServerConnector.ClientEndPoint client) {
                client.listener().closed(client);
            }
        }

        @Override
        public void connectionOpened(Connection connection, Object context) {
            if (context instanceof LaneServerConnector) {
                connection.onOpen();
            } else {
                // Its first request is sent at once, and so by the lane that will get the answer.
                Lanes.execute(connection.getEndPoint(), () -> targetOpened(connection, context));
            }
        }

        private void targetOpened(Connection connection, Object context) {
            super.connectionOpened(connection, context);
            if (destinationOf(context) instanceof HttpDestination destination && !destination.isRunning()) {
                connection.close(); // The target has retired meanwhile.
            }
        }
    }
}
