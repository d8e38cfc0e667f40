package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;

/** What an application makes of a connection that it has upgraded: it sends back what it gets. */
final class EchoConnection extends AbstractConnection implements Connection.UpgradeTo {
    private EchoConnection(EndPoint endPoint) {
        super(endPoint, Runnable::run);
    }

    /** Answers a request for an upgrade with 101. */
    static void grant(String protocol, Request request, Response response, Callback callback) {
        response.setStatus(101);
        response.getHeaders().put(HttpHeader.CONNECTION, "Upgrade").put(HttpHeader.UPGRADE, protocol);
        EndPoint endPoint = request.getTunnelSupport().getEndPoint();
        request.setAttribute(HttpStream.UPGRADE_CONNECTION_ATTRIBUTE, new EchoConnection(endPoint));
        callback.succeeded();
    }

    @Override
    public void onOpen() {
        super.onOpen();
        fillInterested();
    }

    @Override
    public void onUpgradeTo(ByteBuffer early) {
        echo(BufferUtil.copy(early));
    }

    @Override
    public void onFillable() {
        ByteBuffer buffer = BufferUtil.allocate(1024);
        try {
            int filled = getEndPoint().fill(buffer);
            if (filled < 0) {
                getEndPoint().close();
            } else if (filled == 0) {
                fillInterested();
            } else {
                echo(buffer);
            }
        } catch (IOException e) {
            getEndPoint().close();
        }
    }

    private void echo(ByteBuffer buffer) {
        getEndPoint()
                .write(
                        Callback.from(
                                this::fillInterested, failure -> getEndPoint().close()),
                        buffer);
    }
}
