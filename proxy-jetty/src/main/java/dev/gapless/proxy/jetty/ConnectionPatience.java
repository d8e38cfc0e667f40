package dev.gapless.proxy.jetty;

import dev.gapless.proxy.jetty.LaneServerConnector.ClientEndPoint;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/** Keeps the connection that a request came on from being counted as idle. */
final class ConnectionPatience implements ReceivingPace.Patience {
    private final Request request;
    private int begun;

    ConnectionPatience(Request request) {
        this.request = request;
    }

    @Override
    public synchronized void begin() {
        begun++;
        if (begun == 1) {
            ClientEndPoint connection = connection();
            if (connection != null) {
                connection.beginPatience();
            }
        }
    }

    @Override
    public synchronized void end() {
        begun--;
        if (begun == 0) {
            ClientEndPoint connection = connection();
            if (connection != null) {
                connection.endPatience();
            }
        }
    }

    /** Who sends nothing any more opens no window of HTTP/2, though over a connection of the host's nobody tells of that. */
    @Override
    public boolean isInVain() {
        return request.getConnectionMetaData().getConnection() instanceof HTTP2Connection http2
                && http2.getEndPoint().isInputShutdown();
    }

    private @Nullable ClientEndPoint connection() {
        return Lanes.unwrapped(request.getConnectionMetaData().getConnection().getEndPoint())
                        instanceof ClientEndPoint connection
                ? connection
                : null;
    }
}
