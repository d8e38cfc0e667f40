package dev.gapless.proxy.jetty;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.client.ContentResponse;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.http.HostPortHttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpScheme;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http3.HTTP3Session;
import org.eclipse.jetty.http3.api.Session;
import org.eclipse.jetty.http3.api.Stream;
import org.eclipse.jetty.http3.client.HTTP3Client;
import org.eclipse.jetty.http3.client.HTTP3ClientQuicConfiguration;
import org.eclipse.jetty.http3.client.transport.HttpClientTransportOverHTTP3;
import org.eclipse.jetty.http3.frames.HeadersFrame;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.quic.quiche.QuicheSession;
import org.eclipse.jetty.quic.quiche.client.QuicheClientQuicConfiguration;
import org.eclipse.jetty.quic.quiche.client.QuicheTransport;
import org.eclipse.jetty.util.Promise;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/** Jetty's client over HTTP/3, that is QUIC over UDP, with one connection. */
final class Http3Client implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final int MAX_HEAD_BYTES = 64 * 1024;

    private final HttpClient client;
    private final HTTP3Client http3;
    private final QuicheTransport transport;
    private final int port;
    private Duration patience = PATIENCE;

    private Http3Client(HttpClient client, HTTP3Client http3, QuicheTransport transport, int port) {
        this.client = client;
        this.http3 = http3;
        this.transport = transport;
        this.port = port;
    }

    /** One that trusts this certificate and no other; the directory is for what the native library reads from files. */
    static Http3Client trusting(Certificates certificate, Path directory, int port) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("a", certificate.store().getCertificate("a"));
        SslContextFactory.Client tls = new SslContextFactory.Client();
        tls.setTrustStore(trusted);
        return started(tls, directory, port);
    }

    /** One that takes whatever certificate is shown. */
    static Http3Client trustingAnybody(Path directory, int port) throws Exception {
        return started(new SslContextFactory.Client(true), directory, port);
    }

    private static Http3Client started(SslContextFactory.Client tls, Path directory, int port) throws Exception {
        ClientConnector connector = new ClientConnector();
        connector.setSslContextFactory(tls);
        QuicheClientQuicConfiguration quic =
                HTTP3ClientQuicConfiguration.configure(new QuicheClientQuicConfiguration(directory));
        HTTP3Client http3 = new HTTP3Client(quic, connector);
        QuicheTransport transport = new QuicheTransport(quic);
        HttpClient client = new HttpClient(new HttpClientTransportOverHTTP3(http3, transport));
        QueuedThreadPool threads = new QueuedThreadPool();
        threads.setDaemon(true);
        threads.setName("http3-client");
        client.setExecutor(threads);
        client.setConnectTimeout(PATIENCE.toMillis());
        client.setMaxConnectionsPerDestination(1);
        client.setMaxRequestHeadersSize(MAX_HEAD_BYTES);
        client.setSocketAddressResolver(
                (host, to, context, resolved) -> resolved.succeeded(List.of(loopback(host, to))));
        client.start();
        return new Http3Client(client, http3, transport, port);
    }

    /** Every name leads here. */
    private static InetSocketAddress loopback(String host, int port) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(host, new byte[] {127, 0, 0, 1}), port);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Gives requests so much time, in which a connection must be made, too. */
    Http3Client within(Duration time) {
        patience = time;
        return this;
    }

    Request request(String path) {
        return request("localhost", path);
    }

    Request request(String host, String path) {
        return client.newRequest("https://" + host + ":" + port + path)
                .timeout(patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    ContentResponse get(String path) throws Exception {
        return request(path).send();
    }

    ContentResponse get(String host, String path) throws Exception {
        return request(host, path).send();
    }

    /** {@return the certificate that a client sees which wants this host, on a connection of its own} */
    X509Certificate shown(String host) throws Exception {
        QuicheSession session = (QuicheSession)
                ((HTTP3Session) connect(host)).getProtocolSession().getSession();
        return session.getPeerCertificates()[0];
    }

    private Session.Client connect(String host) throws Exception {
        CompletableFuture<Session.Client> connected = new CompletableFuture<>();
        http3.connect(
                transport,
                loopback(host, port),
                new Session.Client.Listener() {},
                Promise.Invocable.toPromise(connected));
        return connected.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** {@return the status that the proxy answers a client with that wants a WebSocket (RFC 9220), on a connection of its own} */
    int askForWebSocket() throws Exception {
        Session.Client session = connect("localhost");
        MetaData.Request head = new MetaData.ConnectRequest(
                HttpScheme.HTTPS,
                new HostPortHttpField("localhost:" + port),
                "/",
                HttpFields.build().put("Sec-WebSocket-Version", "13"),
                "websocket");
        CompletableFuture<Integer> status = new CompletableFuture<>();
        session.newRequest(
                new HeadersFrame(head, false),
                new Stream.Client.Listener() {
                    @Override
                    public void onResponse(Stream.Client stream, HeadersFrame frame) {
                        status.complete(((MetaData.Response) frame.getMetaData()).getStatus());
                    }
                },
                Promise.Invocable.noop());
        return status.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Says that it leaves, and does not wait for the time in which it would say so again (RFC 9000, section 10.2). */
    @Override
    public void close() {
        Thread leaving = new Thread(() -> LifeCycle.stop(client), "http3-client-leaving");
        leaving.setDaemon(true);
        leaving.start();
    }
}
