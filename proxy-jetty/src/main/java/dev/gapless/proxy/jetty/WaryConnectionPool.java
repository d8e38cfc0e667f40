package dev.gapless.proxy.jetty;

import org.eclipse.jetty.client.AbstractConnectionPool;
import org.eclipse.jetty.client.Connection;
import org.eclipse.jetty.client.Destination;
import org.jspecify.annotations.Nullable;

/**
 * Connections of HTTP/1.1 to a target, which are closed instead of used again if the target has sent more than it was asked for:
 * a body after a response that has none, say. The next request's response would be taken for a part of that, or the other way
 * round, and that request may be another client's.
 */
final class WaryConnectionPool extends AbstractConnectionPool {
    WaryConnectionPool(Destination destination, int maxConnections) {
        super(destination, () -> new LatestFirstPool<>(maxConnections), 1);
    }

    @Override
    protected @Nullable Connection activate() {
        Connection connection = super.activate();
        while (connection != null && hasSpokenUnasked(connection)) {
            remove(connection);
            connection.close();
            connection = super.activate();
        }
        return connection;
    }

    @Override
    public boolean release(Connection connection) {
        released(connection);
        return super.release(connection);
    }

    /** The last response over a connection of HTTP/1.1 has ended. */
    static void released(Connection connection) {
        TargetEndPoint endPoint = endPoint(connection);
        if (endPoint != null) {
            endPoint.released(bytesIn(connection));
        }
    }

    /** Whether more has come over a connection of HTTP/1.1 since then. */
    static boolean hasSpokenUnasked(Connection connection) {
        TargetEndPoint endPoint = endPoint(connection);
        return endPoint != null && endPoint.hasSpokenUnasked(bytesIn(connection));
    }

    private static @Nullable TargetEndPoint endPoint(Connection connection) {
        return connection instanceof org.eclipse.jetty.io.Connection transport
                        && Lanes.unwrapped(transport.getEndPoint()) instanceof TargetEndPoint endPoint
                ? endPoint
                : null;
    }

    private static long bytesIn(Connection connection) {
        return ((org.eclipse.jetty.io.Connection) connection).getBytesIn();
    }
}
