package dev.gapless.proxy.jetty;

import java.nio.channels.ClosedChannelException;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Origin;
import org.eclipse.jetty.client.transport.HttpDestination;
import org.eclipse.jetty.client.transport.HttpExchange;
import org.eclipse.jetty.client.transport.IConnection;
import org.eclipse.jetty.client.transport.SendFailure;
import org.eclipse.jetty.http2.HTTP2Session;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;

/** The connections of a lane to a target over TLS, or which may speak HTTP/2. */
final class TargetDestination extends HttpDestination {
    /** The names of the pseudo-fields, and more than enough for the values of method and scheme. */
    private static final int PSEUDO_FIELDS_BYTES = 4 * Headers.HPACK_OVERHEAD_BYTES + 64;

    private final SslContextFactory.@Nullable Client ssl;

    TargetDestination(HttpClient client, Origin origin, SslContextFactory.@Nullable Client ssl) {
        super(client, origin);
        this.ssl = ssl;
    }

    @Override
    public SslContextFactory.@Nullable Client resolveSslContextFactory() {
        return ssl;
    }

    @Override
    protected @Nullable SendFailure send(IConnection connection, HttpExchange exchange) {
        if (!(exchange.getRequest() instanceof TargetRequest request)) {
            return super.send(connection, exchange);
        }
        SharedConnectionPool.Shared shared = SharedConnectionPool.of(connection);
        HTTP2Session session = shared == null ? null : shared.session();
        if (shared == null || session == null) {
            request.useHttp1();
            return super.send(connection, exchange);
        }
        if (session.isClosed()) {
            // It goes over another connection, as none of it was sent.
            return new SendFailure(new ClosedChannelException(), true);
        }
        request.useHttp2(shared);
        return isTooLong(request, session)
                ? new SendFailure(new Attempt.HeadTooLongException(), false)
                : super.send(connection, exchange);
    }

    /** Jetty would close the whole connection, under all the requests that share it. */
    private static boolean isTooLong(TargetRequest request, HTTP2Session session) {
        int most = session.getGenerator().getHpackEncoder().getMaxHeaderListSize();
        return most > 0 && bytes(request) > most;
    }

    private static long bytes(TargetRequest request) {
        String query = request.getQuery();
        return PSEUDO_FIELDS_BYTES
                + (long) request.getHost().length()
                + request.getPath().length()
                + (query == null ? 0 : query.length() + 1)
                + Headers.bytes(request.getHeaders(), Headers.HPACK_OVERHEAD_BYTES);
    }
}
