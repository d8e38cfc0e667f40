package dev.gapless.proxy.jetty;

import dev.gapless.proxy.jetty.tls.ClientTls;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http2.HTTP2Session;
import org.eclipse.jetty.http2.RateControl;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.api.server.ServerSessionListener;
import org.eclipse.jetty.http2.server.AbstractHTTP2ServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.Promise;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/** Makes the listening sockets and what they speak. */
final class Listeners {
    /** Connections that have come but are not accepted yet; the operating system may have a lower limit. */
    private static final int ACCEPT_QUEUE = 4096;

    /** How much is read at once from a client, whatever it speaks. */
    static final int INPUT_BUFFER_BYTES = 16 * 1024;

    /** What a client may send of a body that nobody reads. */
    static final int HTTP2_STREAM_WINDOW_BYTES = 256 * 1024;

    static final int SESSION_WINDOW_BYTES = 1024 * 1024;

    /** Requests that a client may have under way on a connection of HTTP/2 or HTTP/3; a hundred at once are usual. */
    static final int STREAMS = 128;

    /** The least that the standard allows, and enough: larger frames only make others on the connection wait. */
    private static final int HTTP2_FRAME_BYTES = 16 * 1024;

    /** How much of the compression's state each side keeps for the other: the initial value, in both directions. */
    private static final int HPACK_TABLE_BYTES = 4096;

    /** Settings that a client may give in a connection's whole life, of which the standard knows eight. */
    private static final int HTTP2_SETTINGS = 64;

    /**
     * Of a head over the limit so much more is decoded, so that it can be answered: beyond that the state of the compression
     * is lost, and the connection with it.
     */
    private static final int DECODED_HEADS = 2;

    private static final int MIN_DECODED_BYTES = 2 * HTTP2_FRAME_BYTES;

    private final ProxyServer.Builder options;
    private final Server server;
    private final Lanes lanes;
    private final Executor executor;
    private final Scheduler scheduler;
    private final ByteBufferPool buffers;

    Listeners(
            ProxyServer.Builder options,
            Server server,
            Lanes lanes,
            Executor executor,
            Scheduler scheduler,
            ByteBufferPool buffers) {
        this.options = options;
        this.server = server;
        this.lanes = lanes;
        this.executor = executor;
        this.scheduler = scheduler;
        this.buffers = buffers;
    }

    LaneServerConnector http() {
        return listener(
                options.httpPort,
                new HttpConnectionFactory(configuration()),
                tuned(new PriorKnowledgeConnectionFactory(http2Configuration())));
    }

    LaneServerConnector https(int port, ClientTls tls) {
        ALPNServerConnectionFactory alpn = new ALPNServerConnectionFactory("h2", "http/1.1");
        alpn.setDefaultProtocol(HttpVersion.HTTP_1_1.asString());
        return listener(
                port,
                new ClientTlsConnectionFactory(tls, alpn.getProtocol()),
                alpn,
                tuned(new TlsConnectionFactory(http2Configuration())),
                new HttpConnectionFactory(configuration()));
    }

    Http3Listener http3(ClientTls tls) throws IOException {
        return new Http3Listener(
                server,
                scheduler,
                buffers,
                tls,
                options.clientIdleTimeout.toMillis(),
                Math.min(options.maxConnections, options.maxHttp3Connections),
                http2Configuration());
    }

    private LaneServerConnector listener(int port, ConnectionFactory... factories) {
        LaneServerConnector listener = new LaneServerConnector(
                server, lanes, executor, scheduler, buffers, options.maxConnections, withProxyProtocol(factories));
        options.bindAddress.ifPresent(listener::setHost);
        listener.setPort(port);
        listener.setAcceptQueueSize(ACCEPT_QUEUE);
        listener.setIdleTimeout(options.clientIdleTimeout.toMillis());
        listener.setShutdownIdleTimeout(-1);
        return listener;
    }

    private ConnectionFactory[] withProxyProtocol(ConnectionFactory... factories) {
        if (options.proxyProtocol.isEmpty()) {
            return factories;
        }
        List<ConnectionFactory> all = new ArrayList<>(List.of(factories));
        all.add(0, new ProxyProtocolConnectionFactory(List.copyOf(options.proxyProtocol), factories[0]));
        return all.toArray(ConnectionFactory[]::new);
    }

    /** What a proxy must pass is let in, what could be read in two ways is not, and nothing is invented. */
    private HttpConfiguration configuration() {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setSendDateHeader(false);
        // A fragment would be lost on the way, and has no place in a request.
        http.setUriCompliance(UriCompliance.UNSAFE.without("GAPLESS", UriCompliance.Violation.FRAGMENT));
        // A request in absolute form counts by its own authority, whatever its Host says.
        http.setHttpCompliance(HttpCompliance.RFC9110.with("GAPLESS", HttpCompliance.Violation.MISMATCHED_AUTHORITY));
        // Else a cookie is taken for an earlier one of its connection that differs in case alone.
        http.setHeaderCacheCaseSensitive(true);
        http.setInputBufferSize(INPUT_BUFFER_BYTES);
        http.setRequestHeaderSize(options.maxHeaderBytes + 1);
        http.setMaxResponseHeaderSize(2 * options.maxHeaderBytes);
        return http;
    }

    private HttpConfiguration http2Configuration() {
        HttpConfiguration http2 = configuration();
        http2.setRequestHeaderSize(Math.max(MIN_DECODED_BYTES, DECODED_HEADS * options.maxHeaderBytes));
        return http2;
    }

    private static <F extends AbstractHTTP2ServerConnectionFactory> F tuned(F http2) {
        http2.setConnectProtocolEnabled(true);
        http2.setMaxConcurrentStreams(STREAMS);
        http2.setMaxFrameSize(HTTP2_FRAME_BYTES);
        http2.setMaxDecoderTableCapacity(HPACK_TABLE_BYTES);
        http2.setMaxEncoderTableCapacity(HPACK_TABLE_BYTES);
        http2.setMaxSettingsKeys(HTTP2_SETTINGS);
        http2.setRateControlFactory(new RateControl.Factory() {
            @Override
            public RateControl newRateControl(EndPoint endPoint) {
                return FrameLimits.of(endPoint);
            }
        });
        http2.setFlowControlStrategyFactory(UnreadFrames::new);
        http2.setInitialStreamRecvWindow(HTTP2_STREAM_WINDOW_BYTES);
        http2.setInitialSessionRecvWindow(SESSION_WINDOW_BYTES);
        return http2;
    }

    /** HTTP/2 in clear text, but not by {@code Upgrade: h2c}, which RFC 9113 has dropped: that is ignored. */
    private static final class PriorKnowledgeConnectionFactory extends HTTP2CServerConnectionFactory {
        PriorKnowledgeConnectionFactory(HttpConfiguration http) {
            super(http);
        }

        @Override
        public @Nullable Connection upgradeConnection(
                Connector connector, EndPoint endPoint, MetaData.Request request, HttpFields.Mutable response) {
            return request.getHttpVersion() == HttpVersion.HTTP_2
                    ? super.upgradeConnection(connector, endPoint, request, response)
                    : null;
        }

        @Override
        protected ServerSessionListener newSessionListener(Connector connector, EndPoint endPoint) {
            return new TlsConnectionFactory.SessionListener(this, endPoint);
        }
    }

    /** HTTP/2 within TLS. */
    private static final class TlsConnectionFactory extends HTTP2ServerConnectionFactory {
        TlsConnectionFactory(HttpConfiguration http) {
            super(http);
            // Who announces HTTP/3 is the data plane, and only as long as that listens.
            http.getCustomizers().removeIf(AltSvcCustomizer.class::isInstance);
        }

        @Override
        protected ServerSessionListener newSessionListener(Connector connector, EndPoint endPoint) {
            return new SessionListener(this, endPoint);
        }

        private static final class SessionListener extends HTTPServerSessionListener {
            SessionListener(HTTP2ServerConnectionFactory factory, EndPoint endPoint) {
                factory.super(endPoint);
            }

            @Override
            public void onAccept(Session session) {
                HTTP2Session begun = (HTTP2Session) session;
                FrameLimits.of(begun.getEndPoint()).watch(begun);
            }

            @Override
            public void onIdleTimeout(Stream stream, TimeoutException timeout, Promise<Boolean> promise) {
                if (waitsForProxy(stream)) {
                    promise.succeeded(false);
                } else {
                    super.onIdleTimeout(stream, timeout, promise);
                }
            }
        }
    }

    /**
     * Whether there is an exchange that judges its client by itself: how fast it sends and takes bodies, and for how long it is
     * held. To Jetty a stream is idle, too, that waits for a target, or is silent as the two who talk over it have nothing to say.
     * And once its requests have been asked what to do with an idle stream, it resets that at the next occasion whatever they said.
     */
    private static boolean waitsForProxy(Stream stream) {
        return stream.getAttribute(MalformedRequestHandler.REFUSED) == null;
    }
}
