package dev.gapless.proxy.jetty;

import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.TunnelSupport;

/**
 * A stream of HTTP/2 whose client has asked for a tunnel. If it gets none the server forgets the stream with what has come on it
 * so far, which nobody would ever read: by so much less could its client send on the connection, until it could send nothing.
 */
final class ConnectStream extends HttpStream.Wrapper {
    private final Stream stream;

    private ConnectStream(HttpStream wrapped, Stream stream) {
        super(wrapped);
        this.stream = stream;
    }

    /** Has what comes in vain thrown away, if the request asks for a tunnel on a stream. */
    static void watch(Request request) {
        TunnelSupport support = HttpMethod.CONNECT.is(request.getMethod()) ? request.getTunnelSupport() : null;
        if (support != null && support.getEndPoint().getTransport() instanceof Stream stream) {
            request.addHttpStreamWrapper(wrapped -> new ConnectStream(wrapped, stream));
        }
    }

    @Override
    public void succeeded() {
        super.succeeded();
        discard();
    }

    @Override
    public void failed(Throwable cause) {
        super.failed(cause);
        discard();
    }

    private void discard() {
        boolean last = !stream.isClosed(); // It is the tunnel's.
        while (!last) {
            Stream.Data data = stream.readData();
            last = data == null || data.frame().isEndStream();
            if (data != null) {
                data.release();
            }
        }
    }
}
