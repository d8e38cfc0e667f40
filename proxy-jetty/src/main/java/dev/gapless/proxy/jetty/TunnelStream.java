package dev.gapless.proxy.jetty;

import org.eclipse.jetty.server.HttpStream;

/** The last of a request that becomes a tunnel: when it has succeeded, its connection is the tunnel's. */
final class TunnelStream extends HttpStream.Wrapper {
    private final Tunnel tunnel;

    TunnelStream(HttpStream stream, Tunnel tunnel) {
        super(stream);
        this.tunnel = tunnel;
    }

    @Override
    public void succeeded() {
        super.succeeded();
        tunnel.handedOver();
    }

    @Override
    public void failed(Throwable cause) {
        super.failed(cause);
        tunnel.end(cause);
    }
}
