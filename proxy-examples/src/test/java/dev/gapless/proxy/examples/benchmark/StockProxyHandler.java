package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.util.List;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.proxy.ProxyHandler;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.Jetty;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/** Jetty's own reverse proxy, kept from blocking on either side and otherwise as it comes. */
final class StockProxyHandler {
    static final String NAME = "Jetty ProxyHandler";

    private static final long IDLE_MILLIS = 600_000;

    private StockProxyHandler() {}

    static Contestant contestant() {
        return new JvmContestant(NAME, Jetty.VERSION, StockProxyHandler.class, Workload.ofPages(), List.of());
    }

    public static void main(String[] args) throws Exception {
        Site site = Site.parse(args[0]);
        Server server = new Server();
        // A dynamic server counts as one that blocks, whatever its handler says.
        server.setDynamic(false);
        HttpConfiguration plain = new HttpConfiguration();
        HttpConfiguration secure = new HttpConfiguration();
        secure.addCustomizer(new SecureRequestCustomizer());
        listen(server, site.httpPort(), new HttpConnectionFactory(plain));
        ALPNServerConnectionFactory alpn = new ALPNServerConnectionFactory();
        alpn.setDefaultProtocol("http/1.1");
        listen(
                server,
                site.httpsPort(),
                new SslConnectionFactory(tls(site.certificate()), alpn.getProtocol()),
                alpn,
                new HTTP2ServerConnectionFactory(secure),
                new HttpConnectionFactory(secure));
        server.setHandler(new NonBlocking("http://" + site.target()));
        server.start();
        JvmContestant.runUntilParentEnds();
    }

    private static void listen(Server server, int port, ConnectionFactory... protocols) {
        ServerConnector connector = new ServerConnector(server, protocols);
        connector.setHost("127.0.0.1");
        connector.setPort(port);
        connector.setIdleTimeout(IDLE_MILLIS);
        connector.setAcceptQueueSize(4096);
        server.addConnector(connector);
    }

    private static SslContextFactory.Server tls(Certificate certificate) throws IOException {
        SslContextFactory.Server tls = new SslContextFactory.Server();
        tls.setKeyStorePath(certificate.keyStore().toString());
        tls.setKeyStorePassword(Certificate.PASSWORD);
        return tls;
    }

    private static final class NonBlocking extends ProxyHandler.Reverse {

        NonBlocking(String target) {
            super(request ->
                    HttpURI.build(target + request.getHttpURI().getPathQuery()).asImmutable());
        }

        @Override
        public InvocationType getInvocationType() {
            return InvocationType.NON_BLOCKING;
        }

        @Override
        protected HttpClient newHttpClient() {
            HttpClientTransportOverHTTP transport = new HttpClientTransportOverHTTP(new ClientConnector());
            transport.setInvocationType(InvocationType.NON_BLOCKING);
            return new HttpClient(transport);
        }

        @Override
        protected void configureHttpClient(HttpClient client) {
            // More than any workload asks for at a time: nobody queues for a connection here.
            client.setMaxConnectionsPerDestination(1024);
            client.setIdleTimeout(IDLE_MILLIS);
        }
    }
}
