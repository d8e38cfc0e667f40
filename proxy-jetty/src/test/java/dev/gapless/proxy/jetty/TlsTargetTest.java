package dev.gapless.proxy.jetty;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.DescribedRequest;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TargetTls;
import dev.gapless.proxy.engine.Attempts;
import dev.gapless.proxy.engine.Decision;
import dev.gapless.proxy.engine.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.client.transport.HttpDestination;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Targets within TLS: what is spoken there, and which of them are trusted. */
class TlsTargetTest extends TargetScaffold {
    @TempDir
    static Path directory;

    /** For localhost, example.com and 127.0.0.1. */
    private static Certificates certificate;

    /** For app.internal. */
    private static Certificates other;

    private static Certificates client;

    @BeforeAll
    static void makeCertificates() throws Exception {
        certificate = Certificates.shared();
        other = Certificates.make(directory, "other", "EC", "dns:app.internal");
        client = Certificates.make(directory, "client", "RSA");
    }

    private static TargetTls.Builder trusting(Certificates authority) {
        return TargetTls.builder().certificateAuthority(authority.chain());
    }

    private static ServiceOptions options(TargetTls.Builder tls) {
        return ServiceOptions.builder().targetTls(tls.build()).build();
    }

    private JettyTarget target(String... protocols) throws Exception {
        return closing(JettyTarget.tls(Http2Target.server(certificate), JettyTarget::protocol, protocols));
    }

    private JettyTarget served(String... protocols) throws Exception {
        JettyTarget target = target(protocols);
        deploy(options(trusting(certificate)), target.address());
        return target;
    }

    private String failureToDeploy(String address, TargetTls.Builder tls) {
        return failureToDeploy(options(tls), address);
    }

    @Test
    void http2IsSpokenWhereTheTargetChoosesIt() throws Exception {
        served("h2", "http/1.1");

        assertThat(client().get("/").text()).isEqualTo("HTTP/2.0 for example.com");
        assertThat(http2().get("/").text()).isEqualTo("HTTP/2.0 for example.com");
    }

    @Test
    void http11IsSpokenWhereTheTargetChoosesThat() throws Exception {
        served("http/1.1");

        assertThat(client().get("/").text()).isEqualTo("HTTP/1.1 for example.com");
        assertThat(http2().get("/").text()).isEqualTo("HTTP/1.1 for example.com");
    }

    @Test
    void http11IsSpokenWhereTheTargetDoesNotKnowHowToChoose() throws Exception {
        served();

        assertThat(client().get("/").text()).isEqualTo("HTTP/1.1 for example.com");
    }

    @ParameterizedTest
    @ValueSource(strings = {"h2", "http/1.1"})
    void largeBodiesPass(String protocol) throws Exception {
        JettyTarget target = closing(JettyTarget.tls(Http2Target.server(certificate), JettyTarget::length, protocol));
        deploy(options(trusting(certificate)), target.address());
        byte[] body = new byte[2_000_000];
        new Random(1).nextBytes(body);
        RawClient client = client();

        client.sending(RawClient.head("POST", "/", "Content-Length: " + body.length), body);

        assertThat(client.read().text()).isEqualTo("2000000");
    }

    @ParameterizedTest
    @ValueSource(strings = {"h2", "http/1.1"})
    void connectionsAreKeptAndClosedWithTheirTarget(String protocol) throws Exception {
        JettyTarget first = served(protocol);
        RawClient client = client();
        for (int i = 0; i < 10; i++) {
            assertThat(client.get("/").status()).isEqualTo(200);
        }
        eventually("the probe's connection is closed", () -> first.openConnections() == 1);

        served(protocol);

        eventually("its connections are closed", () -> first.openConnections() == 0);
        assertThat(client.get("/").status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"h2", "http/1.1"})
    void aConnectionThatIsNotUsedForSomeTimeIsClosed(String protocol) throws Exception {
        proxy = start(loopback().targetKeepAlive(Duration.ofMillis(10)));
        JettyTarget target = served(protocol);
        RawClient client = client();

        client.get("/");

        eventually("the connection is closed", () -> target.openConnections() == 0);
        assertThat(client.get("/").status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"h2", "http/1.1"})
    void oneConnectionIsOpenedUntilItIsKnownHowManyRequestsItTakes(String protocol) throws Exception {
        JettyTarget target = served(protocol);
        eventually("the probe's connection is closed", () -> target.openConnections() == 0);
        Http2Client client = http2();

        for (int round = 0; round < 3; round++) {
            List<Http2Client.Sent> sent = new CopyOnWriteArrayList<>();
            for (int i = 0; i < 20; i++) {
                sent.add(client.begin("GET", "/", true));
            }
            for (Http2Client.Sent request : sent) {
                assertThat(request.response().status()).isEqualTo(200);
            }
        }

        assertThat(target.openConnections()).isLessThanOrEqualTo(protocol.equals("h2") ? 1 : 20);
    }

    @Test
    void whoeverTheJdkDoesNotTrustIsNotTrustedByDefault() throws Exception {
        String failure = failureToDeploy(target("h2").address(), TargetTls.builder());

        assertThat(failure)
                .contains("(last probe: certificate refused: ")
                .contains("unable to find valid certification path");
    }

    @Test
    void theCertificateMustBeForTheAddress() throws Exception {
        JettyTarget target = closing(JettyTarget.tls(Http2Target.server(other), JettyTarget::protocol, "h2"));

        assertThat(failureToDeploy(target.address(), trusting(other)))
                .contains("certificate refused: ")
                .contains("127.0.0.1");
        assertThat(failureToDeploy("https://localhost:" + target.port(), trusting(other)))
                .contains("certificate refused: ")
                .contains("localhost");
    }

    @Test
    void aCertificateThatTheAuthorityHasSignedIsTrustedAsLongAsItIsValid() throws Exception {
        List<Certificates> signed = Certificates.makeSigned(directory, "signed", "ip:127.0.0.1", 0, 5);
        TargetTls.Builder tls =
                TargetTls.builder().certificateAuthority(signed.get(0).authority());

        deploy(
                options(tls),
                closing(JettyTarget.tls(Http2Target.server(signed.get(0)), JettyTarget::protocol, "h2"))
                        .address());

        assertThat(client().get("/").status()).isEqualTo(200);
        assertThat(failureToDeploy(
                        closing(JettyTarget.tls(Http2Target.server(signed.get(1)), JettyTarget::protocol, "h2"))
                                .address(),
                        tls))
                .contains("certificate refused: ")
                .contains("NotAfter");
    }

    /** Says which name a client has asked for. */
    private JettyTarget namingTarget(Certificates of, List<String> names) throws Exception {
        SslContextFactory.Server tls = Http2Target.server(of);
        tls.setSNISelector((keyType, issuers, session, name, certificates) -> {
            names.add(String.valueOf(name));
            return "a";
        });
        return closing(JettyTarget.tls(tls, JettyTarget::protocol, "h2"));
    }

    @Test
    void theNameOfTheAddressIsAskedForEvenIfItHasNoDot() throws Exception {
        List<String> names = new CopyOnWriteArrayList<>();
        JettyTarget target = namingTarget(certificate, names);

        deploy(options(trusting(certificate)), "https://localhost:" + target.port());
        assertThat(client().get("/").status()).isEqualTo(200);

        assertThat(names).isNotEmpty().containsOnly("localhost");
    }

    @Test
    void anAddressIsVerifiedButNotAskedFor() throws Exception {
        List<String> names = new CopyOnWriteArrayList<>();
        JettyTarget target = namingTarget(certificate, names);

        deploy(options(trusting(certificate)), target.address());

        assertThat(names).isNotEmpty().containsOnly("null");
    }

    @Test
    void anotherNameCanBeAskedForAndVerified() throws Exception {
        List<String> names = new CopyOnWriteArrayList<>();
        JettyTarget target = namingTarget(other, names);

        deploy(options(trusting(other).serverName("App.Internal")), target.address());

        assertThat(client().get("/").text()).isEqualTo("HTTP/2.0 for example.com");
        assertThat(names).isNotEmpty().containsOnly("app.internal");
        assertThat(failureToDeploy(target.address(), trusting(other).serverName("other.internal")))
                .contains("certificate refused: ")
                .contains("other.internal");
    }

    private JettyTarget demandingTarget() throws Exception {
        SslContextFactory.Server tls = Http2Target.server(certificate);
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("client", client.store().getCertificate("a"));
        tls.setTrustStore(trusted);
        tls.setNeedClientAuth(true);
        return closing(JettyTarget.tls(tls, JettyTarget::protocol, "h2"));
    }

    @Test
    void aClientCertificateIsShownToATargetThatAsksForIt() throws Exception {
        JettyTarget target = demandingTarget();

        deploy(options(trusting(certificate).clientCertificate(client.chain(), client.key())), target.address());

        assertThat(client().get("/").text()).isEqualTo("HTTP/2.0 for example.com");
    }

    @Test
    void aTargetThatAsksForACertificateIsNotHealthyWithoutIt() throws Exception {
        assertThat(failureToDeploy(demandingTarget().address(), trusting(certificate)))
                .contains("last probe: ")
                .contains("client certificate");
    }

    @Test
    void filesThatCannotBeUsedAreNamedBeforeAnythingIsDeployed() throws Exception {
        Path missing = directory.resolve("missing.pem");
        Path empty = Files.writeString(directory.resolve("empty.pem"), "");
        String address = target("h2").address();

        assertThat(failureToDeploy(address, TargetTls.builder().certificateAuthority(missing)))
                .contains("\"" + missing + "\" does not exist");
        assertThat(failureToDeploy(address, TargetTls.builder().certificateAuthority(empty)))
                .contains("\"" + empty + "\"");
        assertThat(failureToDeploy(address, trusting(certificate).clientCertificate(client.chain(), missing)))
                .contains("\"" + missing + "\" does not exist");
        assertThat(failureToDeploy(address, trusting(certificate).clientCertificate(client.chain(), certificate.key())))
                .contains("\"" + certificate.key() + "\"");
        assertThat(proxy.services().list()).isEmpty();
    }

    @Test
    void theFilesCountFromTheNextDeploymentOn() throws Exception {
        JettyTarget target = target("h2");
        Path authority = Files.copy(certificate.chain(), directory.resolve("authority.pem"));
        ServiceOptions options = options(TargetTls.builder().certificateAuthority(authority));
        deploy(options, target.address());
        Files.copy(client.chain(), authority, java.nio.file.StandardCopyOption.REPLACE_EXISTING);

        assertThat(client().get("/").status()).isEqualTo(200);
        assertThat(failureToDeploy(target.address(), TargetTls.builder().certificateAuthority(authority)))
                .contains("certificate refused: ");
    }

    @Test
    void trafficIsVerifiedAsProbesAre() throws Exception {
        RequestLog log = new RequestLog();
        proxy = start(loopback().listener(log));
        proxy.services()
                .deploy(Deployment.builder("app")
                        .target(target("h2").address())
                        .force(true)
                        .build());

        assertThat(client().get("/").status()).isEqualTo(502);

        assertThat(log.next().failure()).contains("unable to find valid certification path");
    }

    @Test
    void aTargetThatDoesNotShakeHandsIsGivenUpInTime() throws Exception {
        proxy = start(loopback().connectTimeout(Duration.ofMillis(200)));
        try (ReservedPort silent = new ReservedPort()) {
            silent.listen(10, socket -> {});
            String address = "https://" + silent.address();

            assertThat(failureToDeploy(address, TargetTls.builder())).contains("last probe: ");
            proxy.services()
                    .deploy(Deployment.builder("app")
                            .target(address)
                            .force(true)
                            .build());

            assertThat(client().get("/").status()).isEqualTo(502);
        }
    }

    @Test
    void whatCannotBeDoneOverHttp2HasConnectionsOfItsOwn() throws Exception {
        served("h2", "http/1.1");
        assertThat(client().get("/").text()).startsWith("HTTP/2.0");
        Decision decision = proxy.assembly.engine().decide(DescribedRequest.to("http://example.com/"), new Attempts());
        Target target = ((Decision.Forward) decision).lease().target();
        HttpDestination destination = proxy.assembly.connections().tunnelDestination(target, 0);
        TargetRequest request = new TargetRequest(proxy.assembly.client(), "GET", "/", null);
        request.headers(fields -> fields.put(HttpHeader.HOST, "upgrade.example"));
        StringBuilder body = new StringBuilder();
        CompletableFuture<String> answer = new CompletableFuture<>();
        request.onResponseContent(
                (response, content) -> body.append(java.nio.charset.StandardCharsets.US_ASCII.decode(content)));

        destination.send(request, result -> answer.complete(body.toString()));

        assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo("HTTP/1.1 for upgrade.example");
        ((Decision.Forward) decision).lease().release();
    }
}
