package dev.gapless.proxy.jetty;

import dev.gapless.proxy.AcmeOptions;
import dev.gapless.proxy.AcmeOptions.Approval;
import dev.gapless.proxy.AcmeOptions.Challenge;
import dev.gapless.proxy.FileCertificateStore;
import dev.gapless.proxy.FileStateStore;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TlsOptions;
import dev.gapless.proxy.jetty.tls.SmallAcmeServer;
import dev.gapless.proxy.jetty.tls.TestAuthority;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Certificates from a small ACME server that comes to the proxy's own ports for its proofs. */
class AutomaticCertificatesTest extends TlsScaffold {
    private static final String TOKEN = "/.well-known/acme-challenge/token-1";

    private static final TestAuthority AUTHORITY = TestAuthority.make();

    private SmallAcmeServer acme;
    private Path trusted;
    private SSLContext client;

    @BeforeEach
    void startAcme() throws Exception {
        acme = closing(new SmallAcmeServer(AUTHORITY));
        trusted = AUTHORITY.writeTo(directory.resolve("acme.pem"));
        client = Trust.in(AUTHORITY.certificate());
        acme.prover = (host, type) -> type.equals("http-01") && proves(host);
    }

    /** Asks as an authority does, at the proxy's port. */
    private RawMessage ask(String host, String method, String path) {
        return ask(proxy, host, method, path);
    }

    private static RawMessage ask(ProxyServer asked, String host, String method, String path) {
        try (RawClient asking = new RawClient(new Socket(InetAddress.getLoopbackAddress(), asked.port()))) {
            return asking.send(method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
                    .read();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private boolean proves(String host) {
        return proves(proxy, host);
    }

    private boolean proves(ProxyServer asked, String host) {
        RawMessage answer = ask(asked, host, "GET", TOKEN.replace("-1", "-" + acme.ordered.size()));
        return answer.status() == 200
                && answer.text().startsWith("token-" + acme.ordered.size() + ".")
                && answer.field("Content-Type").equals("application/octet-stream");
    }

    private AcmeOptions.Builder automatic() {
        return AcmeOptions.builder().directory(acme.directory()).directoryAuthority(trusted);
    }

    private static ServiceOptions with(AcmeOptions.Builder automatic, String... hosts) {
        return hosts(hosts)
                .tlsOptions(TlsOptions.builder().automatic(automatic.build()).build())
                .build();
    }

    private ProxyServer.Builder keeping() {
        return secure().certificateStore(FileCertificateStore.in(directory.resolve("certificates")));
    }

    private void assertServes(String host) throws Exception {
        SSLSocket socket = connect(client, host);
        assertThat(nameOf(socket)).isEqualTo(host);
        assertThat(get(socket, host, "/").text()).isEqualTo("ok");
    }

    private void assertRefused(String host) {
        assertThatThrownBy(() -> connect(client, host))
                .isInstanceOf(SSLHandshakeException.class)
                .hasMessageContaining("unrecognized_name");
    }

    @Test
    void theFirstHandshakeWaitsForTheCertificateAndTheNextStartHasIt() throws Exception {
        proxy = start(keeping().stateStore(FileStateStore.at(directory.resolve("state"))));
        deploy("shop", with(automatic(), "a.test"));
        assertServes("a.test");
        eventually("the event", () -> heard.stream().anyMatch(event -> event.startsWith("shop Obtained")));
        proxy.stop();

        proxy = start(keeping().stateStore(FileStateStore.at(directory.resolve("state"))));
        assertServes("a.test");
        assertThat(acme.ordered).hasSize(1);
    }

    @Test
    void aProofIsAnsweredBeforeRedirectsAndWhileTheServiceIsStopped() throws Exception {
        List<Integer> others = new CopyOnWriteArrayList<>();
        acme.prover = (host, type) -> {
            others.add(ask(host, "POST", TOKEN).status());
            others.add(ask("b.test", "GET", TOKEN).status());
            others.add(ask(host, "GET", TOKEN + "0").status());
            return proves(host);
        };
        proxy = closing(keeping().build());
        deploy("shop", with(automatic().challenges(Challenge.HTTP_01), "a.test"));
        deploy("plain", ServiceOptions.builder().host("b.test").build());
        proxy.services().stop("shop", Duration.ZERO, "");
        assertThat(acme.ordered).as("ordered before anybody listens").isEmpty();

        proxy.start();

        SSLSocket socket = connect(client, "a.test");
        assertThat(get(socket, "a.test", "/").status()).isEqualTo(503);
        assertThat(others).containsExactly(301, 200, 301);
        assertThat(ask("a.test", "GET", TOKEN).status()).as("once it is over").isEqualTo(301);
    }

    @Test
    void aProofIsGivenByAnyProxyThatSharesTheStore() throws Exception {
        AcmeOptions.Builder options = automatic()
                .onDemand(new AcmeOptions.Approval.ByPath("/allowed"))
                .firstRequestWait(Duration.ofSeconds(50));
        proxy = start(keeping());
        deploy("shop", with(options));
        ProxyServer asked = proxy;
        List<Boolean> proved = new CopyOnWriteArrayList<>();
        acme.prover = (host, type) -> {
            proved.add(type.equals("http-01") ? proves(asked, host) : provesByTls(asked, host));
            assertThat(ask(asked, host, "GET", TOKEN + "0").status()).isEqualTo(301);
            return proved.size() == 2;
        };

        proxy = start(keeping());
        deploy("shop", with(options));

        assertServes("a.test");
        assertThat(proved)
                .as("by HTTP, which the authority did not believe, then by TLS")
                .containsExactly(true, true);
    }

    private boolean provesByTls(ProxyServer asked, String host) {
        try (SSLSocket socket = (SSLSocket) Trust.inAnybody()
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), asked.httpsPort())) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setServerNames(List.of(new SNIHostName(host)));
            parameters.setApplicationProtocols(new String[] {"acme-tls/1"});
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
            return socket.getApplicationProtocol().equals("acme-tls/1")
                    && shown.getExtensionValue("1.3.6.1.5.5.7.1.31") != null;
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whatIsRemovedOrHasItsOwnCertificateNowIsOrderedNoMore() throws Exception {
        proxy = start(keeping());
        deploy("shop", with(automatic(), "a.test"));
        assertServes("a.test");

        Issuer.Issued own = issuer.issue("own", "a.test");
        deploy("shop", hosts("a.test").tlsOptions(from(own)).build());
        assertThat(shown("a.test")).isEqualTo("own");
        proxy.services().remove("shop", Duration.ZERO);

        assertRefused("a.test");
        assertThat(acme.ordered).hasSize(1);
    }

    @Test
    void hostsOnDemandAreApprovedByTheApplication() throws Exception {
        proxy = start(keeping()
                .hostApproval("tenants", host -> host.startsWith("tenant"))
                .certificateSource("nothing", host -> Optional.empty()));
        TlsOptions nothing = TlsOptions.builder().certificateSource("nothing").build();
        deploy("tenants", with(automatic().onDemand(new Approval.ByName("tenants"))));
        deploy("other", hosts("tenant0.test").tlsOptions(nothing).build());

        assertServes("tenant1.test");
        assertRefused("stranger.test");
        assertRefused("tenant0.test"); // It would be approved, but another service has it.
        assertThat(acme.ordered).containsExactly(List.of("tenant1.test"));
    }

    @Test
    void hostsOnDemandAreApprovedByThePathOfTheService() throws Exception {
        List<String> asked = new CopyOnWriteArrayList<>();
        RawTarget target = closing(RawTarget.answering((request, connection) -> {
            String path = request.requestTarget();
            if (path.startsWith("/allowed")) {
                asked.add(path + " of " + request.field("Host"));
            }
            connection.send(
                    path.endsWith("moved.test")
                            ? "HTTP/1.1 302 Found\r\nLocation: /allowed?x\r\nContent-Length: 0\r\n\r\n"
                            : RawTarget.OK);
        }));
        proxy = start(keeping());
        deploy("tenants", with(automatic().onDemand(new Approval.ByPath("/allowed?a=b"))), target);
        proxy.services().pause("tenants", Duration.ZERO, Duration.ofMinutes(1));

        assertThat(nameOf(connect(client, "a.test"))).isEqualTo("a.test");
        assertRefused("moved.test");
        assertThat(asked)
                .containsExactly(
                        "/allowed?a=b&host=a.test of " + target.address(),
                        "/allowed?a=b&host=moved.test of " + target.address());
        eventually("no question is under way", () -> requestsInFlight() == 0);
    }

    @Test
    void whatCannotBeIsRefusedBeforeAnythingChanges() throws Exception {
        proxy = start(secure());
        deploySecure("shop", "a.test");
        AcmeOptions.Builder kept = automatic().storeDirectory(directory.resolve("kept"));

        assertDeploymentFails(automatic(), "no store", "a.test");
        assertDeploymentFails(kept, "\"*.a.test\" is a wildcard", "a.test", "*.a.test");
        assertDeploymentFails(kept, "has no hosts");
        assertDeploymentFails(kept, "\"127.0.0.1\" is not a name", "a.test", "127.0.0.1");
        assertDeploymentFails(kept.onDemand(new Approval.ByName("tenants")), "\"tenants\" was not given");
        assertDeploymentFails(kept.onDemand(new Approval.ByPath("/x")), "hosts and certificates on demand", "a.test");
        AcmeOptions.Builder zone =
                automatic().storeDirectory(directory.resolve("kept")).dnsRecords("zone");
        assertDeploymentFails(zone, "\"zone\" were not given", "*.a.test");
        assertThat(shown("a.test")).isEqualTo("shop");
        assertThat(acme.ordered).isEmpty();
    }

    private void assertDeploymentFails(AcmeOptions.Builder automatic, String reason, String... hosts) {
        assertThatThrownBy(() -> deploy("shop", with(automatic, hosts))).hasMessageContaining(reason);
    }
}
