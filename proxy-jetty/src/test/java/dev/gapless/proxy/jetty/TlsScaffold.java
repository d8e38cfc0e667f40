package dev.gapless.proxy.jetty;

import dev.gapless.proxy.CertificateEvent;
import dev.gapless.proxy.ProxyListener;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TlsOptions;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** What tests of TLS with clients begin with: an authority that clients trust, and clients that say which host they want. */
abstract class TlsScaffold extends ProxyScaffold {
    @TempDir
    Path directory;

    Issuer issuer;
    /** What was told of certificates, a line each. */
    final List<String> heard = new CopyOnWriteArrayList<>();

    @BeforeEach
    void makeIssuer() throws Exception {
        issuer = Issuer.make(directory, "authority");
    }

    ProxyServer.Builder secure() {
        return loopback().httpsPort(0).listener(telling());
    }

    /** What tells {@link #heard} of certificates. */
    ProxyListener telling() {
        return new ProxyListener() {
            @Override
            public void onCertificate(String service, CertificateEvent event) {
                heard.add(service + " " + event);
            }
        };
    }

    static ServiceOptions.Builder hosts(String... hosts) {
        ServiceOptions.Builder options = ServiceOptions.builder().tls(true);
        for (String host : hosts) {
            options.host(host);
        }
        return options;
    }

    static TlsOptions from(Issuer.Issued files) {
        return TlsOptions.builder().certificate(files.chain(), files.key()).build();
    }

    /** Deploys a service, to a target of its own that answers "ok". */
    RawTarget deploy(String service, ServiceOptions options) throws Exception {
        RawTarget target = closing(RawTarget.answering(RawTarget.OK));
        deploy(service, options, target);
        return target;
    }

    /** Deploys a service with a certificate of its own for these hosts, or for everything if there are none. */
    RawTarget deploySecure(String service, String... hosts) throws Exception {
        Issuer.Issued issued = issuer.issue(service, hosts.length == 0 ? new String[] {"any"} : hosts);
        return deploy(service, hosts(hosts).tlsOptions(from(issued)).build());
    }

    /** Connects, and shakes hands for the host, or for none. */
    SSLSocket connect(SSLContext context, @Nullable String host) throws Exception {
        return connect(context, host, UnaryOperator.identity());
    }

    SSLSocket connect(SSLContext context, @Nullable String host, UnaryOperator<SSLParameters> settings)
            throws Exception {
        Socket plain = closing(new Socket(InetAddress.getLoopbackAddress(), proxy.httpsPort()));
        // By the host, the client finds the session that it may resume.
        SSLSocket socket = (SSLSocket) context.getSocketFactory()
                .createSocket(plain, host == null ? "127.0.0.1" : host, proxy.httpsPort(), true);
        socket.setSoTimeout(20_000);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setServerNames(host == null ? List.of() : List.of(new SNIHostName(host)));
        socket.setSSLParameters(settings.apply(parameters));
        socket.startHandshake();
        return socket;
    }

    /** The name of whose certificate a new client gets to see. */
    String shown(@Nullable String host) throws Exception {
        return nameOf(connect(issuer.trusting(), host));
    }

    static String nameOf(SSLSocket socket) throws Exception {
        X509Certificate certificate = (X509Certificate) socket.getSession().getPeerCertificates()[0];
        return certificate.getSubjectX500Principal().getName().substring("CN=".length());
    }

    static String request(String host, String path, String... lines) {
        StringBuilder head = new StringBuilder("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n");
        for (String line : lines) {
            head.append(line).append("\r\n");
        }
        return head.append("\r\n").toString();
    }

    RawMessage get(SSLSocket socket, String host, String path, String... lines) throws Exception {
        return new RawClient(socket).send(request(host, path, lines)).read();
    }
}
