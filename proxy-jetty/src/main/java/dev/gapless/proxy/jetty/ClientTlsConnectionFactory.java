package dev.gapless.proxy.jetty;

import dev.gapless.proxy.jetty.LaneServerConnector.ClientEndPoint;
import dev.gapless.proxy.jetty.tls.ClientTls;
import dev.gapless.proxy.jetty.tls.Handshake;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.AbstractConnectionFactory;
import org.eclipse.jetty.server.Connector;

/**
 * Reads the hello of a client, and then speaks TLS with the certificate that is chosen by it.
 *
 * <p>Jetty's own factory is not used: its certificates are chosen within the handshake, where there is no waiting for one, from
 * a key store that is loaded as a whole; and a connection knows nothing of what was asked of its client.
 */
final class ClientTlsConnectionFactory extends AbstractConnectionFactory {
    private final ClientTls tls;
    private final String next;

    ClientTlsConnectionFactory(ClientTls tls, String next) {
        super("SSL");
        this.tls = tls;
        this.next = next;
    }

    @Override
    public Connection newConnection(Connector connector, EndPoint endPoint) {
        if (!(endPoint instanceof ClientEndPoint client)) {
            throw new IllegalArgumentException("no connection of a client: " + endPoint);
        }
        return configure(
                new ClientHelloConnection(connector, tls, client, handshake -> encrypted(connector, client, handshake)),
                connector,
                endPoint);
    }

    private Connection encrypted(Connector connector, EndPoint client, Handshake handshake) {
        ClientTlsConnection connection =
                configure(new ClientTlsConnection(connector, client, handshake), connector, client);
        EndPoint within = connection.getSslEndPoint();
        within.setConnection(
                handshake.protocols().isEmpty()
                        ? connector.getConnectionFactory(next).newConnection(connector, within)
                        : new ProofConnection(within, connector.getExecutor()));
        return connection;
    }
}
