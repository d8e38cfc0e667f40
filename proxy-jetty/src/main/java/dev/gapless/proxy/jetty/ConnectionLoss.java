package dev.gapless.proxy.jetty;

import dev.gapless.proxy.jetty.LaneServerConnector.ClientEndPoint;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;

/**
 * The loss of a client's HTTP/2 connection, of which Jetty does not tell each request that came over it. After a client's GOAWAY
 * it leaves alone those that are whole, though nobody is there any more who could open their windows; and whoever is reset right
 * before that hears of neither.
 *
 * <p>Thread-safe.
 */
final class ConnectionLoss {
    private final EndPoint connection;
    private final Set<Runnable> concerned = ConcurrentHashMap.newKeySet();

    ConnectionLoss(EndPoint connection) {
        this.connection = connection;
    }

    /**
     * Has someone told if the connection of a request over HTTP/2 is lost, by its own end or that of what its client sends.
     *
     * @param lane where it is told
     * @return what is to be run when it does not matter any more
     */
    static Runnable watch(Request request, Executor lane, Runnable lost) {
        if (!(request.getConnectionMetaData().getConnection() instanceof HTTP2Connection connection)) {
            return () -> {};
        }
        Runnable told = () -> lane.execute(lost);
        return Lanes.unwrapped(connection.getEndPoint()) instanceof ClientEndPoint client
                ? client.loss().concerns(told)
                : concerns(connection, told);
    }

    /** Of the end of what a client sends over a connection of the host's nobody but Jetty gets to know. */
    private static Runnable concerns(Connection ofHost, Runnable told) {
        Connection.Listener listener = new Connection.Listener() {
            @Override
            public void onClosed(Connection closed) {
                told.run();
            }
        };
        ofHost.addEventListener(listener);
        if (!ofHost.getEndPoint().isOpen()) {
            told.run();
        }
        return () -> ofHost.removeEventListener(listener);
    }

    private Runnable concerns(Runnable told) {
        concerned.add(told);
        if (!connection.isOpen() || connection.isInputShutdown()) {
            told.run();
        }
        return () -> concerned.remove(told);
    }

    /** The connection is lost. */
    void happens() {
        concerned.forEach(Runnable::run);
    }
}
