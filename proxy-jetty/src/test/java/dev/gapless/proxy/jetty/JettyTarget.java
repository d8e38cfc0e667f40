package dev.gapless.proxy.jetty;

import java.util.ArrayList;
import java.util.List;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/** A target as a server would be, with a page of text for each request. */
final class JettyTarget implements AutoCloseable {
    /** May block. */
    interface Page {
        String of(Request request) throws Exception;
    }

    private final Server server = new Server();
    private final ServerConnector connector;
    private final String scheme;

    private JettyTarget(String scheme, Page page, List<ConnectionFactory> factories) throws Exception {
        this.scheme = scheme;
        connector = new ServerConnector(server, factories.toArray(ConnectionFactory[]::new));
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.setStopTimeout(0);
        server.setHandler(new Handler.Abstract() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) throws Exception {
                Content.Sink.write(response, true, page.of(request), callback);
                return true;
            }
        });
        server.start();
    }

    /** Says what protocol a request came over, and its host. */
    static String protocol(Request request) {
        return request.getConnectionMetaData().getProtocol() + " for "
                + request.getHttpURI().getAuthority();
    }

    /** Says how long the request is. */
    static String length(Request request) throws Exception {
        return String.valueOf(Content.Source.asByteBuffer(request).remaining());
    }

    static JettyTarget http11(Page page) throws Exception {
        return new JettyTarget("http", page, List.of(new HttpConnectionFactory(new HttpConfiguration())));
    }

    static JettyTarget h2c(Page page) throws Exception {
        return new JettyTarget("h2c", page, List.of(new HTTP2CServerConnectionFactory(new HttpConfiguration())));
    }

    /** Within TLS; the first of the protocols that the proxy speaks, too, is chosen by ALPN, of which there is none without any. */
    static JettyTarget tls(SslContextFactory.Server tls, Page page, String... protocols) throws Exception {
        HttpConfiguration http = new HttpConfiguration();
        List<ConnectionFactory> factories = new ArrayList<>();
        SslConnectionFactory ssl = new SslConnectionFactory(tls, protocols.length == 0 ? "http/1.1" : "alpn");
        ssl.setEnsureSecureRequestCustomizer(false); // It would refuse hosts that it has no certificate for.
        factories.add(ssl);
        if (protocols.length > 0) {
            ALPNServerConnectionFactory alpn = new ALPNServerConnectionFactory(protocols);
            alpn.setDefaultProtocol("http/1.1");
            factories.add(alpn);
        }
        if (List.of(protocols).contains("h2")) {
            factories.add(new HTTP2ServerConnectionFactory(http));
        }
        factories.add(new HttpConnectionFactory(http));
        return new JettyTarget("https", page, factories);
    }

    int port() {
        return connector.getLocalPort();
    }

    String address() {
        return scheme + "://127.0.0.1:" + port();
    }

    /** How many connections are open. */
    int openConnections() {
        return connector.getConnectedEndPoints().size();
    }

    @Override
    public void close() {
        LifeCycle.stop(server);
    }
}
