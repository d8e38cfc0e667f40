package dev.gapless.proxy.jetty;

import java.util.List;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.AbstractConnector;
import org.eclipse.jetty.server.ForwardedRequestCustomizer;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.jspecify.annotations.Nullable;

/**
 * Where a server of this process takes the proxy's connections. The server believes what is said of the client in the forwarding
 * headers, as nobody but the proxy can say it here.
 */
final class InProcessConnector extends AbstractConnector {
    /** The proxy closes what is idle for too long; the server must not do so in the moment when the next request comes. */
    private static final long NEVER = 0;

    InProcessConnector(Server server, int maxHeaderBytes) {
        super(server, null, null, null, 0, new HttpConnectionFactory(configuration(maxHeaderBytes)));
        setIdleTimeout(NEVER);
    }

    private static HttpConfiguration configuration(int maxHeaderBytes) {
        HttpConfiguration configuration = new HttpConfiguration();
        configuration.setSendServerVersion(false);
        configuration.setSendDateHeader(false);
        configuration.setRequestHeaderSize(2 * maxHeaderBytes); // What the proxy adds has its place, too.
        configuration.setResponseHeaderSize(maxHeaderBytes);
        configuration.setHeaderCacheCaseSensitive(true);
        configuration.setIdleTimeout(NEVER);
        configuration.addCustomizer(believingTheProxy());
        return configuration;
    }

    /** Of what Jetty understands, the proxy writes three fields; others pass as the client sent them, and are its word only. */
    private static ForwardedRequestCustomizer believingTheProxy() {
        ForwardedRequestCustomizer customizer = new ForwardedRequestCustomizer();
        customizer.setForwardedHeader(null);
        customizer.setForwardedServerHeader(null);
        customizer.setForwardedPortHeader(null);
        customizer.setForwardedHttpsHeader(null);
        customizer.setForwardedCipherSuiteHeader(null);
        customizer.setForwardedSslSessionIdHeader(null);
        return customizer;
    }

    /** Takes a connection in. */
    void accept(EndPoint end) {
        end.setIdleTimeout(getIdleTimeout());
        Connection connection = getDefaultConnectionFactory().newConnection(this, end);
        end.setConnection(connection);
        end.onOpen();
        onEndPointOpened(end);
        connection.addEventListener(new Connection.Listener() {
            @Override
            public void onClosed(Connection closed) {
                onEndPointClosed(end);
            }
        });
        connection.onOpen();
        if (!isRunning()) {
            end.close(); // It has come at the moment of the stop, and may have been missed there.
        }
    }

    @Override
    protected void doStop() throws Exception {
        super.doStop();
        List.copyOf(getConnectedEndPoints()).forEach(EndPoint::close);
    }

    @Override
    protected void accept(int acceptor) {
        throw new UnsupportedOperationException("connections are not waited for here");
    }

    @Override
    public @Nullable Object getTransport() {
        return null;
    }
}
