package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.examples.TestTarget;
import dev.gapless.proxy.examples.benchmark.Certificate;
import dev.gapless.proxy.examples.benchmark.Children;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** Commands, given to one running daemon. */
class DaemonCommandsTest {
    @TempDir
    static Path directory;

    private static DaemonFixture daemon;
    private static TestTarget v1;
    private static TestTarget v2;

    @BeforeAll
    static void start() throws Exception {
        daemon = DaemonFixture.start(directory.resolve("gapless.sock"));
        v1 = new TestTarget("v1");
        v2 = new TestTarget("v2");
    }

    @AfterAll
    static void stop() {
        v1.close();
        v2.close();
        daemon.close();
    }

    private static void succeeds(String command, String... arguments) throws Exception {
        assertThat(daemon.command(command, arguments)).isEqualTo(new DaemonFixture.Outcome(0, "", ""));
    }

    private static void fails(String word, String command, String... arguments) throws Exception {
        DaemonFixture.Outcome outcome = daemon.command(command, arguments);
        assertThat(outcome.status()).isEqualTo(1);
        assertThat(outcome.output()).isEmpty();
        assertThat(outcome.errors()).startsWith("Error: ").contains(word).endsWith("\n");
        assertThat(outcome.errors().lines()).hasSize(1);
    }

    @Test
    void aServiceIsDeployedReplacedListedAndRemoved() throws Exception {
        succeeds("deploy", "web", "--target", v1.address(), "--path-prefix", "web");
        assertThat(daemon.get("/web/x").body()).isEqualTo("v1 /x");

        succeeds("deploy", "--target=" + v2.address(), "web", "--path-prefix=/web/", "--strip-path-prefix=false");
        assertThat(daemon.get("/web/x").body()).isEqualTo("v2 /web/x");

        DaemonFixture.Outcome table = daemon.command("list");
        assertThat(table.status()).isZero();
        assertThat(table.output().lines().map(line -> line.replaceAll(" +", " ")))
                .contains("Service Host Path Target State TLS Rollout", "web * /web " + v2.address() + " running no");
        assertThat(daemon.command("ls", "--json").output())
                .contains("\"web\":{\"host\":\"*\",\"path\":\"/web\",\"tls\":false,\"target\":\"" + v2.address()
                        + "\",\"state\":\"running\"");

        succeeds("rm", "web");
        assertThat(daemon.get("/web/x").statusCode()).isEqualTo(404);
        fails("not found", "remove", "web");
    }

    @Test
    void aTargetThatIsNotHealthyIsAnErrorThatSaysWhy() throws Exception {
        try (TestTarget sick = new TestTarget("sick").unhealthy()) {
            daemon.fails(
                    List.of(sick.address() + " (last probe: status 503)"),
                    "deploy",
                    "sick",
                    "--target",
                    sick.address(),
                    "--host=sick.example",
                    "--deploy-timeout=2s");
            daemon.fails(
                    List.of("healthy"),
                    "deploy",
                    "sick",
                    "--target",
                    sick.address(),
                    "--host=sick.example",
                    "--deploy-timeout=1ms");
            daemon.succeeds("deploy", "sick", "--target", sick.address(), "--host=sick.example", "--force");
            daemon.succeeds("remove", "sick");
        }
    }

    @Test
    void aRouteInUseIsAConflict() throws Exception {
        daemon.succeeds("deploy", "first", "--target", v1.address(), "--host", "one.example,two.example");
        daemon.fails(List.of("conflict"), "deploy", "second", "--target", v2.address(), "--host", "two.example");
        daemon.succeeds("remove", "first");
    }

    @Test
    void badValuesAreErrors() throws Exception {
        daemon.fails(
                List.of("canonical"),
                "deploy",
                "x",
                "--target",
                "t:1",
                "--host=a.example",
                "--canonical-host=b.example");
        daemon.fails(List.of("a/b"), "deploy", "x", "--target", "t:1", "--host=a/b");
        daemon.fails(List.of("port"), "deploy", "x", "--target", "t:99999");
        daemon.fails(List.of("timeout"), "deploy", "x", "--target", "t:1", "--deploy-timeout=-1s");
        daemon.fails(List.of("--target"), "deploy", "x");
        daemon.fails(List.of("--frob"), "deploy", "x", "--target", "t:1", "--frob");
        daemon.fails(List.of("no hosts"), "deploy", "x", "--target", "127.0.0.1:1", "--tls");
        daemon.fails(List.of("wildcard"), "deploy", "x", "--target", "127.0.0.1:1", "--host=*.x.example", "--tls");
        daemon.fails(
                List.of("certificate"),
                "deploy",
                "x",
                "--target=t:1",
                "--tls",
                "--tls-certificate-path=/c",
                "--tls-private-key-path=/k");
        daemon.fails(List.of("\"1MiB\""), "deploy", "x", "--target", "t:1", "--buffer-memory=1MiB");
        daemon.fails(List.of("not found"), "purge", "x");
        fails("frob", "frob");
    }

    @Test
    void aServiceIsServedOverTlsWithACertificateOfItsOwn() throws Exception {
        Certificate certificate;
        try (Children children = new Children()) {
            certificate = Certificate.generate(children, directory);
        }
        String[] files = {"--tls-certificate-path=" + certificate.chain(), "--tls-private-key-path=" + certificate.key()
        };
        daemon.succeeds("deploy", "secure", "--target", v1.address(), "--host=localhost", "--tls", files[0], files[1]);

        SSLContext context = trusting(certificate);
        HttpRequest request = HttpRequest.newBuilder(URI.create("https://localhost:" + daemon.httpsPort() + "/"))
                .build();
        assertThat(HttpClient.newBuilder()
                        .sslContext(context)
                        .build()
                        .send(request, BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(200);
        assertThat(daemon.send("list").output()).containsPattern("secure +localhost .* yes");
        daemon.fails(
                List.of("certificate"),
                "deploy",
                "other",
                "--target",
                v1.address(),
                "--host=elsewhere.test",
                "--tls",
                files[0],
                files[1]);
        daemon.succeeds("remove", "secure");
    }

    private static SSLContext trusting(Certificate certificate) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (InputStream in = Files.newInputStream(certificate.chain())) {
            trusted.setCertificateEntry(
                    "a", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    @Test
    void forwardedHeadersAreBelievedUnlessToldOtherwise() throws Exception {
        daemon.succeeds("deploy", "trusting", "--target", v1.address(), "--path-prefix=/trusting");
        daemon.get("/trusting/", "X-Forwarded-Host", "outside.example");
        assertThat(v1.lastHeader("X-Forwarded-Host")).isEqualTo("outside.example");

        daemon.succeeds(
                "deploy", "trusting", "--target", v1.address(), "--path-prefix=/trusting", "--forward-headers=false");
        daemon.get("/trusting/", "X-Forwarded-Host", "outside.example");
        assertThat(v1.lastHeader("X-Forwarded-Host")).startsWith("127.0.0.1");
        daemon.succeeds("remove", "trusting");
    }

    @Test
    void headersThatAServiceAsksForAreLogged() throws Exception {
        daemon.succeeds(
                "deploy",
                "logging",
                "--target",
                v1.address(),
                "--path-prefix=/logging",
                "--client-ip-header=X-Real-IP",
                "--trust=127.0.0.0/8,::1",
                "--log-request-header=X-Real-IP,X-Trace",
                "--log-response-header=Content-Length");
        daemon.get("/logging/", "X-Real-IP", "203.0.113.9");

        assertThat(v1.lastHeader("X-Forwarded-For")).isEqualTo("203.0.113.9, 127.0.0.1");
        assertThat(daemon.process.awaitLine(candidate -> candidate.contains("\"path\":\"/logging/\"")))
                .contains("\"req_x_real_ip\":\"203.0.113.9\"", "\"req_x_trace\":\"\"", "\"resp_content_length\":\"");
        daemon.fails(List.of("\"10.0.0.1/8\""), "deploy", "logging", "--target", v1.address(), "--trust=10.0.0.1/8");
        daemon.succeeds("remove", "logging");
    }

    @Test
    void aCanonicalHostIsRedirectedTo() throws Exception {
        daemon.succeeds(
                "deploy",
                "canonical",
                "--target",
                v1.address(),
                "--host=127.0.0.1,www.example",
                "--canonical-host=www.example");
        assertThat(daemon.get("/x?y").headers().firstValue("Location")).contains("http://www.example/x?y");
        daemon.succeeds("remove", "canonical");
    }

    @Test
    void requestsAreLoggedAsJson() throws Exception {
        daemon.get("/logged?a=b");
        String line = daemon.process.awaitLine(candidate -> candidate.contains("\"path\":\"/logged\""));
        assertThat(line)
                .startsWith("{\"time\":\"")
                .endsWith("}")
                .contains("\"level\":\"INFO\"", "\"status\":404", "\"method\":\"GET\"", "\"query\":\"a=b\"");
    }

    @Test
    void helpNeedsNoDaemon() throws Exception {
        DaemonFixture.Outcome help =
                DaemonFixture.command(directory.resolve("none.sock"), Map.of(), "deploy", "--help");
        assertThat(help.status()).isZero();
        assertThat(help.output()).contains("--target", "--drain-timeout", "--buffer-memory", "--compress");
        DaemonFixture.Outcome nested =
                DaemonFixture.command(directory.resolve("none.sock"), Map.of(), "rollout", "set", "--help");
        assertThat(nested.status()).isZero();
        assertThat(nested.output()).contains("--percent", "--list");
    }
}
