package dev.gapless.proxy.jetty;

import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.http2.HTTP2Stream;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.Callback;

/** The HTTP/2 stream that a client's request came over. */
final class ClientStream {
    private ClientStream() {}

    /** Ends the stream with the code that the target has given, if there is one: Jetty by itself says that it was cancelled. */
    static void reset(Request request, int code) {
        if (code != Http2Progress.NONE
                && request.getConnectionMetaData().getConnection() instanceof HTTP2Connection connection) {
            HTTP2Stream stream = connection.getSession().getStream(Integer.parseInt(request.getId()));
            if (stream != null) {
                stream.reset(new ResetFrame(stream.getId(), code), Callback.NOOP);
            }
        }
    }
}
