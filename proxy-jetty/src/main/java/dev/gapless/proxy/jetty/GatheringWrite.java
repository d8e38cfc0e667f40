package dev.gapless.proxy.jetty;

import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.Callback;

/**
 * A write of an HTTP/2 connection that is over only at the end of its lane's {@linkplain Lane round}. What other streams have
 * to say until then waits for it, and goes out, and is encrypted, in one piece: each response would be a write and a record of
 * TLS by itself otherwise.
 *
 * <p>Nothing waits for company: the first write goes at once, and what waits for it goes before the lane waits for anything.
 */
final class GatheringWrite extends Callback.Nested {
    private final LaneEndPoint connection;

    private GatheringWrite(LaneEndPoint connection, Callback callback) {
        super(callback);
        this.connection = connection;
    }

    /** {@return the callback of a write to a connection: one that gathers, where there may be something to gather} */
    static Callback of(EndPoint endPoint, Callback callback) {
        return endPoint.getConnection() instanceof HTTP2Connection
                        && Lanes.unwrapped(endPoint) instanceof LaneEndPoint connection
                ? new GatheringWrite(connection, callback)
                : callback;
    }

    @Override
    public void succeeded() {
        connection.putOff(getCallback()::succeeded);
    }
}
