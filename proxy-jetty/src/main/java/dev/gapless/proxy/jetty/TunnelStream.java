package dev.gapless.proxy.jetty;

import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** The last of a request that becomes a tunnel: when it has succeeded, its connection is the tunnel's. */
final class TunnelStream extends HttpStream.Wrapper {
    private final Tunnel tunnel;
    private final int grantedStatus;
    /** Something else was answered: by the host's code, or as that has failed. */
    private volatile boolean refused;

    TunnelStream(HttpStream stream, Tunnel tunnel, int grantedStatus) {
        super(stream);
        this.tunnel = tunnel;
        this.grantedStatus = grantedStatus;
    }

    @Override
    public void send(
            MetaData.Request request,
            MetaData.@Nullable Response response,
            boolean last,
            ByteBuffer content,
            Callback callback) {
        if (response != null && response.getStatus() != grantedStatus) {
            refused = response.getStatus() >= HttpStatus.OK_200;
        }
        super.send(request, response, last, content, callback);
    }

    @Override
    public void succeeded() {
        super.succeeded();
        if (refused) {
            tunnel.end(new EofException("the client was answered otherwise"));
        } else {
            tunnel.handedOver();
        }
    }

    @Override
    public void failed(Throwable cause) {
        super.failed(cause);
        tunnel.end(cause);
    }
}
