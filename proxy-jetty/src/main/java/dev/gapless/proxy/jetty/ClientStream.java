package dev.gapless.proxy.jetty;

import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.http2.HTTP2Stream;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** The HTTP/2 stream that a client's request came over. */
final class ClientStream {
    private static final String GIVEN_UP = ClientStream.class.getName();

    private ClientStream() {}

    /** Ends the stream with the code that the target has given, if there is one: Jetty by itself says that it was cancelled. */
    static void reset(Request request, int code) {
        if (code != Http2Progress.NONE
                && request.getConnectionMetaData().getConnection() instanceof HTTP2Connection connection) {
            HTTP2Stream stream = of(request, connection);
            if (stream != null) {
                stream.reset(new ResetFrame(stream.getId(), code), Callback.NOOP);
            }
        }
    }

    /** The stream is to be reset, though its client may not have been told yet. */
    static void giveUp(HTTP2Stream stream) {
        stream.setAttribute(GIVEN_UP, true);
    }

    /**
     * Whether the stream was given up before its request gets to be handled, for what the client sent right after it. Jetty has
     * it handled nevertheless if the client has not been told yet, and then tells nobody.
     */
    static boolean isGivenUp(Request request) {
        if (request.getConnectionMetaData().getConnection() instanceof HTTP2Connection connection) {
            HTTP2Stream stream = of(request, connection);
            return stream != null && stream.getAttribute(GIVEN_UP) != null;
        }
        return false;
    }

    private static @Nullable HTTP2Stream of(Request request, HTTP2Connection connection) {
        return connection.getSession().getStream(Integer.parseInt(request.getId()));
    }
}
