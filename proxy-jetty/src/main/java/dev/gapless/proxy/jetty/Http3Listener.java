package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ServerCertificate;
import dev.gapless.proxy.jetty.quic.AddressProof;
import dev.gapless.proxy.jetty.quic.ConnectionId;
import dev.gapless.proxy.jetty.quic.QuicHead;
import dev.gapless.proxy.jetty.tls.ClientHello;
import dev.gapless.proxy.jetty.tls.ClientTls;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.WritePendingException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EventListener;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http3.HTTP3Configuration;
import org.eclipse.jetty.http3.server.HTTP3ServerConnectionFactory;
import org.eclipse.jetty.http3.server.HTTP3ServerQuicConfiguration;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.DatagramChannelEndPoint;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.quic.api.Session;
import org.eclipse.jetty.quic.api.Stream;
import org.eclipse.jetty.quic.api.frames.ConnectionCloseFrame;
import org.eclipse.jetty.quic.common.AbstractSession;
import org.eclipse.jetty.quic.common.StreamEndPoint;
import org.eclipse.jetty.quic.quiche.PemPaths;
import org.eclipse.jetty.quic.quiche.QuicheSession;
import org.eclipse.jetty.quic.quiche.server.QuicheServerConnectionFactory;
import org.eclipse.jetty.quic.quiche.server.QuicheServerQuicConfiguration;
import org.eclipse.jetty.quic.util.ErrorCode;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.DatagramServerConnector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.IO;
import org.eclipse.jetty.util.Promise;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.Invocable;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The UDP socket over which HTTP/3 is spoken. Of optional artifacts, so that this class may only be touched where HTTP/3 is
 * switched on; see {@link Http3Artifacts}.
 *
 * <pre>
 *   UDP ─► Http3Arrivals ─ new ──► ClientTls, Http3Certificates ─► Http3Peer
 *                        └ known ─► Http3Peer ─► Jetty's connection, one for each client ─► requests
 * </pre>
 */
final class Http3Listener {
    private static final Logger LOG = LoggerFactory.getLogger(Http3Listener.class);

    /** How much of the compression's state each side keeps for the other. */
    private static final int QPACK_TABLE_BYTES = 4096;

    /** Streams that may wait for that state. */
    private static final int QPACK_BLOCKED_STREAMS = 16;

    /** Control and compression, both ways, and some to spare for what a client may invent (RFC 9114, section 6.2). */
    private static final int UNIDIRECTIONAL_STREAMS = 8;

    private static final int UNIDIRECTIONAL_WINDOW_BYTES = 64 * 1024;

    /** Datagrams of all clients that wait to be read, of up to 2 KiB each. */
    private static final int MOST_WAITING = 16 * 1024;

    /** Clients that have had all they wanted get so long to go by themselves when they were told goodbye. */
    private static final long GOODBYE_MILLIS = 500;

    /** Clients that are cut get so long to be told, and the library to put away what it has of them. */
    private static final long LAST_WORD_MILLIS = 2000;

    private static final int PORTS_TRIED = 10;

    private final ClientTls tls;
    /** Only a key under which Jetty looks for the files. */
    private final SslContextFactory.Server filesKey = new SslContextFactory.Server();

    private final UdpConnector connector;
    private final Http3Certificates<QuicheServerConnectionFactory> certificates;
    private final long idleMillis;
    private final int maxConnections;
    private final Sessions sessions = new Sessions();
    private final Map<QuicheSession, Integer> requests = new ConcurrentHashMap<>();
    private final Set<Http3Request> underWay = ConcurrentHashMap.newKeySet();
    private final Map<ConnectionId, Http3Peer> peers = new ConcurrentHashMap<>();
    private final Semaphore room = new Semaphore(MOST_WAITING);
    private volatile boolean closing;

    /**
     * Prepares to listen.
     *
     * @param tls has the certificates
     * @param maxConnections further ones are refused
     * @param http how requests are read; not shared with another listener
     * @throws IOException if there is no temporary directory for keys
     */
    Http3Listener(
            Server server,
            Scheduler scheduler,
            ByteBufferPool buffers,
            ClientTls tls,
            long idleMillis,
            int maxConnections,
            HttpConfiguration http)
            throws IOException {
        this.tls = tls;
        this.idleMillis = idleMillis;
        this.maxConnections = maxConnections;
        this.certificates =
                new Http3Certificates<>(Path.of(System.getProperty("java.io.tmpdir")), this::connectionFactory);
        this.connector = new UdpConnector(server, scheduler, buffers, factory(http));
        connector.setShutdownIdleTimeout(-1);
    }

    private static HTTP3ServerConnectionFactory factory(HttpConfiguration http) {
        HTTP3ServerConnectionFactory factory = new HTTP3ServerConnectionFactory(http);
        HTTP3Configuration configuration = factory.getHTTP3Configuration();
        // An exchange judges its client by itself.
        configuration.setStreamIdleTimeout(0);
        configuration.setMaxBlockedStreams(QPACK_BLOCKED_STREAMS);
        configuration.setMaxDecoderTableCapacity(QPACK_TABLE_BYTES);
        configuration.setMaxEncoderTableCapacity(QPACK_TABLE_BYTES);
        return factory;
    }

    /** {@return what makes the connections of clients that get this certificate} */
    private QuicheServerConnectionFactory connectionFactory(PemPaths files) {
        QuicheServerQuicConfiguration quic =
                HTTP3ServerQuicConfiguration.configure(new QuicheServerQuicConfiguration());
        quic.setBidirectionalMaxStreams(Listeners.STREAMS);
        quic.setRemoteBidirectionalStreamMaxData(Listeners.HTTP2_STREAM_WINDOW_BYTES);
        quic.setSessionMaxData(Listeners.SESSION_WINDOW_BYTES);
        quic.setUnidirectionalMaxStreams(UNIDIRECTIONAL_STREAMS);
        quic.setUnidirectionalStreamMaxData(UNIDIRECTIONAL_WINDOW_BYTES);
        quic.getImplementationConfiguration().put(filesKey, files);
        quic.addEventListener(sessions);
        QuicheServerConnectionFactory factory = new QuicheServerConnectionFactory(filesKey, quic);
        factory.configure(connector);
        return factory;
    }

    Connector connector() {
        return connector;
    }

    int port() {
        return connector.getLocalPort();
    }

    /**
     * Binds both sockets to one port, so that clients may send, but are not answered yet. A free one of TCP may be in use over UDP:
     * then another is tried.
     */
    void openBeside(LaneServerConnector https) throws IOException {
        for (int attempt = 1; ; attempt++) {
            https.open();
            try {
                open(https.getHost(), https.getLocalPort());
                return;
            } catch (IOException e) {
                https.close();
                if (https.getPort() != 0 || attempt == PORTS_TRIED) {
                    throw e;
                }
            }
        }
    }

    private void open(@Nullable String host, int port) throws IOException {
        connector.setHost(host);
        connector.setPort(port);
        connector.open();
    }

    /** {@return how many are connected, or on their way to it} */
    int clients() {
        return peers.size();
    }

    /** Gives up clients that take longer than this for their handshake. */
    void endSlowHandshakes(Duration longest) {
        long now = System.nanoTime();
        peers.forEach((id, peer) -> {
            if (peer.isSlower(longest.toNanos(), now)) {
                peers.remove(id);
                peer.end("the handshake takes too long");
            }
        });
    }

    /** Says goodbye to all clients: what they have begun goes on, but nothing more begins. */
    void shutdown() {
        closing = true;
        sessions.shutdown();
    }

    /**
     * Cuts what is still under way, and returns when all is put away, in bounded time. Without it Jetty, on its way to a stop,
     * would wait for ever for its goodbye to be written to clients that do not take it any more.
     */
    void disconnectAll() throws InterruptedException {
        closing = true;
        if (underWay.isEmpty()) {
            sessions.awaitLeaving();
        }
        sessions.disconnectAll();
        peers.values().forEach(peer -> peer.end("stopped"));
    }

    /** Stops, whether it was ever started or not, and removes what is left of the keys. */
    void stop() throws Exception {
        connector.stop();
        IO.close((DatagramChannel) connector.getTransport());
        certificates.remove();
    }

    /** {@return whether the request came over this socket} There may be others: of a server of the host's. */
    boolean isOwn(Request request) {
        return request.getConnectionMetaData().getConnector() == connector;
    }

    /**
     * {@return a request that has come, on its lane} A client that has one under way is not idle, however little is heard of it.
     */
    Http3Request begin(Request come, Lanes lanes, int lane) {
        Http3Request request = new Http3Request(come, lanes, lane);
        underWay.add(request);
        requests.compute(session(request), (session, begun) -> {
            if (begun == null) {
                session.setIdleTimeout(0);
                return 1;
            }
            return begun + 1;
        });
        return request;
    }

    /** To be called by the request's lane. */
    void requestEnds(Http3Request request) {
        request.end();
        underWay.remove(request);
        requests.compute(session(request), (session, begun) -> {
            if (begun != null && begun > 1) {
                return begun - 1;
            }
            session.setIdleTimeout(idleMillis);
            return null;
        });
    }

    /**
     * Finds out which clients do not want the answer any more that they wait for: the library tells of that only who writes
     * something, so nothing is written.
     */
    void askWhoHasLeft() {
        underWay.forEach(request -> request.execute(() -> {
            if (request.isSilent()) {
                askWhetherLeft(request);
            }
        }));
    }

    private static void askWhetherLeft(Http3Request request) {
        StreamEndPoint stream = stream(request);
        Promise.Invocable<Stream> asked = Promise.Invocable.from(
                Invocable.InvocationType.NON_BLOCKING, same -> {}, failure -> hasLeft(stream, failure));
        stream.getStream().data(false, List.of(BufferUtil.EMPTY_BUFFER), asked);
    }

    private static void hasLeft(StreamEndPoint stream, Throwable failure) {
        if (!(failure instanceof WritePendingException)) {
            stream.getProtocolSession()
                    .onStreamFailure(
                            stream.getStream().getId(), new EofException("the client wants no answer", failure));
        }
    }

    private static StreamEndPoint stream(Request request) {
        return (StreamEndPoint) request.getConnectionMetaData().getConnection().getEndPoint();
    }

    private static QuicheSession session(Request request) {
        return (QuicheSession) stream(request).getProtocolSession().getSession();
    }

    private static ConnectionId id(Session session) {
        return new ConnectionId(((QuicheSession) session).getConnectionId().toString());
    }

    /** Jetty's socket, read by ourselves. */
    private final class UdpConnector extends DatagramServerConnector implements Http3Arrivals.Clients {
        private @Nullable DatagramChannelEndPoint socket;

        UdpConnector(Server server, Scheduler scheduler, ByteBufferPool buffers, HTTP3ServerConnectionFactory http3) {
            super(server, null, scheduler, buffers, http3);
        }

        @Override
        protected EndPoint newEndPoint(DatagramChannel channel, ManagedSelector selector, SelectionKey key) {
            socket = new DatagramChannelEndPoint(channel, selector, key, getScheduler());
            return socket;
        }

        @Override
        protected Connection newConnection(EndPoint endPoint) {
            return new Http3Arrivals((DatagramChannelEndPoint) endPoint, getExecutor(), this);
        }

        @Override
        protected void doStop() throws Exception {
            disconnectAll();
            super.doStop();
        }

        @Override
        public @Nullable Http3Peer find(ConnectionId id) {
            return peers.get(id);
        }

        @Override
        public boolean haveRoom() {
            return !closing && peers.size() < maxConnections;
        }

        @Override
        public @Nullable Http3Peer add(QuicHead head, ClientHello hello, SocketAddress address) {
            Optional<ServerCertificate> certificate = tls.chooseForQuic(hello);
            DatagramChannelEndPoint open = socket;
            if (certificate.isEmpty() || open == null) {
                return null;
            }
            try {
                QuicheServerConnectionFactory factory = certificates.of(certificate.get());
                Http3Peer peer = new Http3Peer(
                        getScheduler(), open, getExecutor(), idleMillis, room, address, System.nanoTime());
                Connection connection = factory.newConnection(this, peer);
                peer.setConnection(connection);
                peers.put(head.destination(), peer);
                peer.arrive(AddressProof.opening(head), address);
                peer.onOpen();
                connection.onOpen();
                return peer;
            } catch (IOException e) {
                LOG.warn("The certificate for {} cannot be used over HTTP/3: {}", hello.serverName(), e.toString());
                return null;
            }
        }
    }

    /** Whose handshakes are over. */
    private final class Sessions implements EventListener, Session.Listener {
        private final Map<ConnectionId, Session> open = new ConcurrentHashMap<>();

        @Override
        public void onOpen(Session session) {
            ConnectionId id = id(session);
            open.put(id, session);
            Http3Peer peer = peers.get(id);
            if (peer != null) {
                peer.establish();
            }
            if (closing) {
                ((AbstractSession) session).shutdown();
            }
        }

        @Override
        public void onDisconnect(Session session) {
            ConnectionId id = id(session);
            open.remove(id);
            Http3Peer peer = peers.remove(id);
            if (peer != null) {
                peer.discard();
            }
            synchronized (this) {
                notifyAll();
            }
        }

        void shutdown() {
            open.values().forEach(session -> ((AbstractSession) session).shutdown());
        }

        /**
         * Who is cut may throw away what has come of the last answer, and was not read yet: its streams are reset (RFC 9000,
         * section 10.2).
         */
        synchronized void awaitLeaving() throws InterruptedException {
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(GOODBYE_MILLIS);
            for (long left = GOODBYE_MILLIS; !open.isEmpty() && left > 0; ) {
                wait(left);
                left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            }
        }

        void disconnectAll() throws InterruptedException {
            List<Session> all = List.copyOf(open.values());
            CountDownLatch told = new CountDownLatch(all.size());
            all.forEach(session -> disconnect(session, told));
            if (!told.await(LAST_WORD_MILLIS, TimeUnit.MILLISECONDS)) {
                LOG.debug("{} clients of HTTP/3 are told of the end, and not put away yet", told.getCount());
            }
        }

        private static void disconnect(Session session, CountDownLatch told) {
            session.disconnect(
                    new ConnectionCloseFrame(ErrorCode.NO_ERROR.code(), "stopped"),
                    new IOException("stopped"),
                    Promise.Invocable.from(told::countDown, Promise.Invocable.noop()));
        }
    }
}
