package dev.gapless.proxy.jetty;

import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/**
 * Keeps an HTTP/2 stream that waits for the proxy from being counted as idle. That must not even begin: once Jetty has asked
 * what to do with an idle stream, it resets that at the next occasion whatever the answer was, and tells of no client that
 * leaves in between.
 */
final class StreamPatience {
    private final Stream stream;
    private final long idleTimeoutMillis;

    private StreamPatience(Stream stream) {
        this.stream = stream;
        this.idleTimeoutMillis = stream.getIdleTimeout();
        stream.setIdleTimeout(0);
    }

    /** Lets the request's stream be idle for as long as may be; null if the request has none. */
    static @Nullable StreamPatience begin(Request request) {
        boolean http2 = request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_2;
        if (http2 && request.getConnectionMetaData().getConnection() instanceof HTTP2Connection connection) {
            Stream stream = connection.getSession().getStream(Integer.parseInt(request.getId()));
            return stream == null ? null : new StreamPatience(stream);
        }
        return null;
    }

    /** The stream may be idle for as long as any other. */
    void end() {
        stream.setIdleTimeout(idleTimeoutMillis);
    }
}
