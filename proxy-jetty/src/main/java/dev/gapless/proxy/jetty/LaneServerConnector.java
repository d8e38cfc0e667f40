package dev.gapless.proxy.jetty;

import dev.gapless.proxy.spi.TimeSource;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.SelectorManager;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.NegotiatingServerConnection;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.IO;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A listening socket that hands the connections it accepts to the lanes; its own selector does nothing but accept. */
final class LaneServerConnector extends ServerConnector {
    private static final Logger LOG = LoggerFactory.getLogger(LaneServerConnector.class);

    private final Lanes lanes;
    private final int maxConnections;
    private final AtomicInteger connections = new AtomicInteger();

    LaneServerConnector(
            Server server,
            Lanes lanes,
            Executor executor,
            Scheduler scheduler,
            ByteBufferPool buffers,
            int maxConnections,
            ConnectionFactory... factories) {
        super(server, executor, scheduler, buffers, 0, 1, factories);
        unmanage(scheduler); // Others may go on with it when this stops.
        this.lanes = lanes;
        this.maxConnections = maxConnections;
    }

    @Override
    protected SelectorManager newSelectorManager(Executor executor, Scheduler scheduler, int selectors) {
        return new Acceptance(executor, scheduler, selectors);
    }

    /** Takes connections and hands them over. */
    final class Acceptance extends ServerConnectorManager {
        /** Whether the last attempt failed, which is said once; belongs to the only selector's thread. */
        private boolean failing;

        Acceptance(Executor executor, Scheduler scheduler, int selectors) {
            super(executor, scheduler, selectors);
        }

        /**
         * That there is no further connection, as this socket has been closed or the process has too many, is no failure of
         * the one before. Jetty would close that one, whose request may be under way already.
         */
        @Override
        protected @Nullable SelectableChannel doAccept(SelectableChannel server) {
            try {
                SelectableChannel accepted = super.doAccept(server);
                failing &= accepted == null;
                return accepted;
            } catch (ClosedChannelException e) {
                return null;
            } catch (IOException e) {
                if (!failing) {
                    LOG.warn("No connection can be accepted: {}", e.getMessage());
                }
                failing = true;
                return null;
            }
        }

        @Override
        public void accept(SelectableChannel channel, Object attachment) {
            lanes.accept(channel, LaneServerConnector.this);
        }
    }

    ClientEndPoint newEndPoint(SocketChannel channel, Lane lane, SelectionKey key, int index) {
        ClientEndPoint endPoint = new ClientEndPoint(this, channel, lane, key, getScheduler(), index);
        endPoint.setIdleTimeout(getIdleTimeout());
        return endPoint;
    }

    /** At the limit nobody is accepted until somebody leaves: the kernel's queue holds who comes meanwhile. */
    void opened(EndPoint endPoint) {
        onEndPointOpened(endPoint);
        if (connections.incrementAndGet() == maxConnections) {
            adjustAccepting();
        }
    }

    void closed(EndPoint endPoint) {
        onEndPointClosed(endPoint);
        if (connections.getAndDecrement() == maxConnections && !isShutdown()) {
            adjustAccepting();
        }
    }

    /** Looks again under the lock, as one may leave while another comes: the last word must be the present number's. */
    private void adjustAccepting() {
        synchronized (connections) {
            setAccepting(connections.get() < maxConnections);
        }
    }

    /**
     * Closes the connections of those who have taken longer than that to send a head.
     *
     * @param nanos how long a client may take
     */
    void closeSlowHeads(long nanos) {
        for (EndPoint endPoint : getConnectedEndPoints()) {
            if (endPoint instanceof ClientEndPoint client && client.head.exceeds(nanos)) {
                client.execute(() -> client.closeIfSlow(nanos));
            }
        }
    }

    /** Closes the listening socket at once; connections go on, and are closed after the request that they are in. */
    @Override
    public CompletableFuture<Void> shutdown() {
        if (getTransport() instanceof ServerSocketChannel socket) {
            IO.close(socket);
        }
        return super.shutdown();
    }

    /** The connection of a client. */
    static final class ClientEndPoint extends LaneEndPoint {
        private final LaneServerConnector listener;
        /** How many wait for the proxy, or for a response to be taken by a pace of its own. */
        private final AtomicInteger patience = new AtomicInteger();

        private final HeadClock head = new HeadClock();
        private @Nullable FrameLimits frames;
        private volatile @Nullable ConnectionLoss loss;
        /** Who the client is, if a proxy in front has said so. */
        private volatile @Nullable SocketAddress said;

        ClientEndPoint(
                LaneServerConnector listener,
                SocketChannel channel,
                Lane lane,
                SelectionKey key,
                Scheduler scheduler,
                int index) {
            super(channel, lane, key, scheduler, index);
            this.listener = listener;
        }

        LaneServerConnector listener() {
            return listener;
        }

        /** Its client is not idle, however little can be seen of it, until {@link #endPatience}. */
        void beginPatience() {
            patience.incrementAndGet();
        }

        void endPatience() {
            patience.decrementAndGet();
        }

        @Override
        protected void onIdleExpired(TimeoutException timeout) {
            if (isGivenUp()) {
                close(timeout);
            } else if (patience.get() == 0 && !hasStreams()) {
                super.onIdleExpired(timeout);
            }
        }

        /** Each of which is judged by itself. Jetty would cut those of a client that has said that it begins no more. */
        private boolean hasStreams() {
            return spoken() instanceof HTTP2Connection http2
                    && !http2.getSession().getStreams().isEmpty();
        }

        /** Whether only the farewell is left, and the client does not take it: Jetty would keep such a session for ever. */
        private boolean isGivenUp() {
            return spoken() instanceof HTTP2Connection http2
                    && http2.getSession().isClosed()
                    && !http2.isFillInterested()
                    && getWriteFlusher().isPending();
        }

        /** {@return what is spoken over it, within TLS if that is there} */
        @Nullable
        Connection spoken() {
            Connection connection = getConnection();
            return connection instanceof SslConnection tls
                    ? tls.getSslEndPoint().getConnection()
                    : connection;
        }

        /** The time that the client takes for heads. */
        HeadClock head() {
            return head;
        }

        /** {@return its loss, for those whose requests came over it if the client speaks HTTP/2} To be called by the lane. */
        ConnectionLoss loss() {
            ConnectionLoss known = loss;
            if (known == null) {
                known = new ConnectionLoss(this);
                loss = known;
            }
            return known;
        }

        /** The client is gone, or has said all that it will. */
        void isLost() {
            ConnectionLoss known = loss;
            if (known != null) {
                known.happens();
            }
        }

        /** What the client may ask of the connection if it speaks HTTP/2. To be called by the lane. */
        FrameLimits frames() {
            FrameLimits limits = frames;
            if (limits == null) {
                limits = new FrameLimits(TimeSource.system());
                frames = limits;
            }
            return limits;
        }

        /** To be called by the lane, as the head may have come to its end meanwhile. */
        private void closeIfSlow(long nanos) {
            // What speaks another protocol after an upgrade has its own idea of time.
            boolean expectsHead = spoken() instanceof ConnectionMetaData
                    || spoken() instanceof NegotiatingServerConnection
                    || spoken() instanceof ProxyProtocolConnection
                    || spoken() instanceof ClientHelloConnection
                    || spoken() instanceof ProofConnection;
            if (expectsHead && head.exceeds(nanos)) {
                close(new TimeoutException("the head of a request took too long"));
            }
        }

        /** A proxy in front has said who the client is; that counts from now on. */
        void isFrom(SocketAddress client) {
            said = client;
        }

        @Override
        public @Nullable SocketAddress getRemoteSocketAddress() {
            SocketAddress client = said;
            return client == null ? super.getRemoteSocketAddress() : client;
        }

        @Override
        public int fill(ByteBuffer buffer) throws IOException {
            int filled = super.fill(buffer);
            if (filled > 0) {
                head.bytesCame();
            } else if (filled < 0) {
                isLost();
            }
            return filled;
        }

        @Override
        public void onClose(@Nullable Throwable cause) {
            super.onClose(cause);
            isLost();
        }
    }
}
