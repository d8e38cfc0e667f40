package dev.gapless.proxy.jetty;

import dev.gapless.proxy.jetty.tls.TargetSsl;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.eclipse.jetty.client.Connection;
import org.eclipse.jetty.client.ConnectionPool;
import org.eclipse.jetty.client.Destination;
import org.eclipse.jetty.client.Origin;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.client.transport.ClientConnectionFactoryOverHTTP2;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.Attachable;
import org.eclipse.jetty.util.Promise;
import org.eclipse.jetty.util.thread.Invocable;
import org.jspecify.annotations.Nullable;

/**
 * What connections to targets speak: HTTP/1.1 as Jetty's client does by itself, and HTTP/2 where the address of the target says
 * so or it has chosen that in the TLS handshake.
 */
final class TargetTransport extends HttpClientTransportOverHTTP {
    static final Origin.Protocol H2C = new Origin.Protocol(List.of("h2c"), false);
    /** As the target chooses; if it does not know how to choose it gets HTTP/1.1. */
    static final Origin.Protocol EITHER = new Origin.Protocol(List.of("h2", "http/1.1"), true);
    /** Over TLS, for what HTTP/2 cannot do. */
    static final Origin.Protocol HTTP11_ONLY = new Origin.Protocol(List.of("http/1.1"), true);

    /**
     * What a target may send of a response whose client takes no more. A slow client is not to fill the memory, nor to keep the
     * others on its connection waiting: the connection has room for as much of all.
     */
    private static final int STREAM_WINDOW_BYTES = 256 * 1024;

    private static final int SESSION_WINDOW_BYTES = SharedConnectionPool.MOST_STREAMS * STREAM_WINDOW_BYTES;

    /**
     * How much longer than it may be a response's head is read, to be refused by itself: beyond that the whole connection has to
     * be closed, as the heads on it are compressed together.
     */
    private static final int HEAD_LENIENCY = 4;

    private final HTTP2Client http2Client;
    private final ClientConnectionFactoryOverHTTP2 http2;

    TargetTransport(Lanes lanes, long streamIdleMillis) {
        super(lanes);
        setInvocationType(Invocable.InvocationType.NON_BLOCKING);
        // Else a field's value is taken for a well-known one that differs in case alone.
        setHeaderCacheCaseSensitive(true);
        setConnectionPoolFactory(this::newPool);
        http2Client = http2Client(lanes, streamIdleMillis);
        http2 = new ClientConnectionFactoryOverHTTP2(http2Client);
        installBean(http2);
    }

    @Override
    protected void doStart() throws Exception {
        http2Client.setMaxResponseHeadersSize(HEAD_LENIENCY * getHttpClient().getMaxResponseHeadersSize());
        super.doStart();
    }

    private ConnectionPool newPool(Destination destination) {
        int most = getHttpClient().getMaxConnectionsPerDestination();
        return isShared(destination.getOrigin())
                ? new SharedConnectionPool((TargetDestination) destination, most)
                : new WaryConnectionPool(destination, most);
    }

    private static HTTP2Client http2Client(Lanes lanes, long streamIdleMillis) {
        HTTP2Client client = new HTTP2Client(lanes);
        client.setInitialStreamRecvWindow(STREAM_WINDOW_BYTES);
        client.setInitialSessionRecvWindow(SESSION_WINDOW_BYTES);
        client.setMaxConcurrentPushedStreams(0);
        client.setStreamIdleTimeout(streamIdleMillis);
        client.addEventListener(new Http2Frames());
        return client;
    }

    private static boolean isShared(Origin origin) {
        return origin.getProtocol().equals(H2C) || origin.getProtocol().equals(EITHER);
    }

    @Override
    public Destination newDestination(Origin origin) {
        @Nullable TargetSsl ssl = origin.getTag() instanceof Lanes.Tag tag ? tag.ssl() : null;
        return ssl == null && !isShared(origin)
                ? super.newDestination(origin)
                : new TargetDestination(getHttpClient(), origin, ssl);
    }

    @Override
    public org.eclipse.jetty.io.Connection newConnection(EndPoint endPoint, Map<String, Object> context)
            throws IOException {
        if (speaksHttp2(context)) {
            return newHttp2Connection(endPoint, context);
        }
        establish(endPoint);
        return super.newConnection(endPoint, context);
    }

    private static boolean speaksHttp2(Map<String, Object> context) {
        Object chosen = context.get(ClientConnector.APPLICATION_PROTOCOL_CONTEXT_KEY);
        return chosen != null
                ? chosen.equals("h2")
                : context.get(Destination.CONTEXT_KEY) instanceof Destination destination
                        && destination.getOrigin().getProtocol().equals(H2C);
    }

    /** It is established when the target has sent its settings: until then what listens there may speak something else. */
    private org.eclipse.jetty.io.Connection newHttp2Connection(EndPoint endPoint, Map<String, Object> context)
            throws IOException {
        @SuppressWarnings("unchecked")
        Promise<Connection> promise = (Promise<Connection>) context.get(Connection.PROMISE_CONTEXT_KEY);
        context.put(Connection.PROMISE_CONTEXT_KEY, new Promise.Wrapper<>(promise) {
            @Override
            public void succeeded(Connection connection) {
                if (context.get(HTTP2Connection.class.getName()) instanceof HTTP2Connection http2) {
                    ((Attachable) connection).setAttachment(http2.getSession());
                }
                establish(endPoint);
                super.succeeded(connection);
            }
        });
        return http2.newConnection(endPoint, context);
    }

    /** From now on it may be idle, within a request, for as long as the options say. */
    private void establish(EndPoint endPoint) {
        endPoint.setIdleTimeout(getHttpClient().getIdleTimeout());
    }
}
