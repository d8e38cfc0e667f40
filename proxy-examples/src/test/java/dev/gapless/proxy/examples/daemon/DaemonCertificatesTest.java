package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.examples.TestTarget;
import dev.gapless.proxy.jetty.Trust;
import dev.gapless.proxy.jetty.tls.Pebble;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** The daemon's certificates from Pebble, which comes to the daemon's own ports for its proofs. */
@Tag("proof")
class DaemonCertificatesTest {
    private static final String HOST = "shop.example.com";
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    private Pebble pebble;
    private TestTarget target;
    private DaemonFixture daemon;

    @BeforeEach
    void startTarget() throws Exception {
        target = new TestTarget("v1");
    }

    @AfterEach
    void end() throws IOException {
        if (daemon != null) {
            daemon.close();
        }
        target.close();
        if (pebble != null) {
            pebble.close();
        }
    }

    private void startDaemon() throws Exception {
        daemon = DaemonFixture.start(
                directory.resolve("gapless.sock"),
                Map.of(
                        "GAPLESS_HTTP_PORT", Integer.toString(pebble.httpPort),
                        "GAPLESS_HTTPS_PORT", Integer.toString(pebble.tlsPort),
                        "GAPLESS_HOME", directory.resolve("home").toString(),
                        "BIND", "127.0.0.1"));
    }

    private void deploy() throws IOException {
        daemon.succeeds(
                "deploy",
                "shop",
                "--target",
                target.address(),
                "--host",
                HOST,
                "--tls",
                "--tls-acme-directory",
                pebble.url().toString(),
                "--tls-acme-ca",
                pebble.authority.toString());
    }

    @Test
    void aServiceThatIsDeployedWithTlsIsServedUnderACertificateOfTheAuthority() throws Exception {
        pebble = Pebble.start(directory, Map.of("PEBBLE_WFE_NONCEREJECT", "10"));
        startDaemon();
        deploy();

        assertServed();
        await(() -> kept("certificate-").isPresent());
    }

    @Test
    void anOrderWhoseDaemonWasKilledIsTakenUpByTheNext() throws Exception {
        // The proof is looked for in a while, up to four seconds as chance has it, so that the daemon dies before it.
        pebble = Pebble.start(
                directory, Map.of("PEBBLE_VA_NOSLEEP", "0", "PEBBLE_VA_SLEEPTIME", "5", "PEBBLE_WFE_NONCEREJECT", "0"));
        startDaemon();
        deploy();
        // What is kept before has the key, but no order yet.
        await(() ->
                kept("order-").filter(content -> content.contains("Order: ")).isPresent());
        daemon.process.kill();
        assertThat(kept("certificate-")).isEmpty();
        String order = kept("order-").orElseThrow();

        startDaemon();

        assertServed();
        assertThat(pebble.orders()).as("orders, of which one was " + order).isEqualTo(1);
        await(() -> kept("order-").isEmpty());
    }

    private static void await(BooleanSupplier condition) {
        long begun = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - begun).isLessThan(PATIENCE.toNanos());
            Thread.onSpinWait();
        }
    }

    /** What the store has for the host under a name that begins so. */
    private Optional<String> kept(String kind) {
        Path store = directory.resolve("home").resolve("certificates");
        if (Files.notExists(store)) {
            return Optional.empty();
        }
        try (Stream<Path> folders = Files.list(store)) {
            List<Path> files =
                    folders.map(folder -> folder.resolve(kind + HOST)).toList();
            for (Path file : files) {
                if (Files.exists(file)) {
                    return Optional.of(Files.readString(file));
                }
            }
            return Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void assertServed() throws Exception {
        try (SSLSocket socket = (SSLSocket)
                Trust.inAnybody().getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), pebble.tlsPort)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setServerNames(List.of(new SNIHostName(HOST)));
            socket.setSSLParameters(parameters);
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.startHandshake();
            X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
            assertThat(shown.getIssuerX500Principal().getName()).contains("Pebble");
            assertThat(shown.getSubjectAlternativeNames())
                    .anySatisfy(name -> assertThat(name.get(1)).hasToString(HOST));
            String request = "GET /page HTTP/1.1\r\nHost: " + HOST + "\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .startsWith("HTTP/1.1 200 ")
                    .contains("v1");
        }
    }
}
