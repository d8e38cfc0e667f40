package dev.gapless.proxy.jetty;

import dev.gapless.proxy.AddressRange;
import dev.gapless.proxy.jetty.LaneServerConnector.ClientEndPoint;
import java.net.InetSocketAddress;
import java.util.List;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.AbstractConnectionFactory;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Connector;

/**
 * Has those peers speak the PROXY protocol that are trusted to, and no others.
 *
 * <p>Jetty's own factory is not used: it resolves what version 1 says as a name, blocking a lane for whatever the DNS takes;
 * reads a line of version 1 without limit before it looks at its length; closes connections for which version 2 says UNSPEC;
 * logs a warning for each of those it closes; and wraps the connection, so that a client that leaves would not be noticed.
 */
final class ProxyProtocolConnectionFactory extends AbstractConnectionFactory {
    private final List<AddressRange> trusted;
    private final ConnectionFactory next;

    ProxyProtocolConnectionFactory(List<AddressRange> trusted, ConnectionFactory next) {
        super("proxy");
        this.trusted = trusted;
        this.next = next;
    }

    @Override
    public Connection newConnection(Connector connector, EndPoint endPoint) {
        return endPoint instanceof ClientEndPoint client && isTrusted(client)
                ? configure(new ProxyProtocolConnection(connector, next, client), connector, endPoint)
                : next.newConnection(connector, endPoint);
    }

    private boolean isTrusted(EndPoint endPoint) {
        if (endPoint.getRemoteSocketAddress() instanceof InetSocketAddress peer && !peer.isUnresolved()) {
            String address = peer.getAddress().getHostAddress();
            return trusted.stream().anyMatch(range -> range.contains(address));
        }
        return false;
    }
}
