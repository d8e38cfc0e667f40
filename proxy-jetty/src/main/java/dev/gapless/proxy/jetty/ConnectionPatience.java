package dev.gapless.proxy.jetty;

import dev.gapless.proxy.jetty.LaneServerConnector.ClientEndPoint;
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

    private @Nullable ClientEndPoint connection() {
        return Lanes.unwrapped(request.getConnectionMetaData().getConnection().getEndPoint())
                        instanceof ClientEndPoint connection
                ? connection
                : null;
    }
}
