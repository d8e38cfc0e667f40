package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.examples.TestTarget;
import java.net.ServerSocket;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** How the daemon starts, and how it ends. */
@Tag("proof")
class DaemonLifeTest {
    @TempDir
    Path directory;

    private Path socket;

    @BeforeEach
    void nameSocket() {
        socket = directory.resolve("gapless.sock");
    }

    private static void assertFails(DaemonFixture.Outcome outcome, String word) {
        assertThat(outcome.status()).isEqualTo(1);
        assertThat(outcome.errors()).startsWith("Error: ").contains(word);
        assertThat(outcome.errors().lines()).hasSize(1);
    }

    @Test
    void atSigtermRequestsInFlightFinishAndTheExitStatusIsZero() throws Exception {
        try (TestTarget target = new TestTarget("v1");
                DaemonFixture daemon = DaemonFixture.start(socket)) {
            daemon.command("deploy", "web", "--target", target.address());
            CompletableFuture<HttpResponse<String>> response =
                    HttpClient.newHttpClient().sendAsync(daemon.request("/held"), BodyHandlers.ofString());
            target.awaitHeld();

            daemon.process.terminate();
            daemon.process.awaitLine(line -> line.contains("\"msg\":\"Stopping\""));
            assertThat(daemon.process.isAlive()).isTrue();
            target.release();

            assertThat(response.get(10, TimeUnit.SECONDS).body()).isEqualTo("v1 /held");
            assertThat(daemon.process.awaitExit()).isZero();
            assertThat(daemon.process.output()).contains("\"msg\":\"Stopped\"", "\"path\":\"/held\"");
            assertThat(socket).doesNotExist();
        }
    }

    @Test
    void atSigintTheExitStatusIsZero() throws Exception {
        try (DaemonFixture daemon = DaemonFixture.start(socket)) {
            daemon.process.interrupt();
            assertThat(daemon.process.awaitExit()).isZero();
        }
    }

    @Test
    void aDeploymentUnderWayAtTheEndIsReportedAsFailed() throws Exception {
        try (TestTarget target = new TestTarget("v1").unhealthy();
                DaemonFixture daemon = DaemonFixture.start(socket)) {
            CompletableFuture<DaemonFixture.Outcome> deployment = CompletableFuture.supplyAsync(() -> {
                try {
                    return daemon.command("deploy", "web", "--target", target.address());
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            daemon.process.awaitLine(line -> line.contains("\"msg\":\"Deploying\""));
            daemon.process.terminate();
            assertFails(deployment.get(20, TimeUnit.SECONDS), "stopped");
            assertThat(daemon.process.awaitExit()).isZero();
        }
    }

    @Test
    void onlyTheOwnerMayUseTheSocketAndNoSecondDaemonTakesIt() throws Exception {
        try (DaemonFixture daemon = DaemonFixture.start(socket)) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                    .isEqualTo("rw-------");
            assertFails(DaemonFixture.command(socket, Map.of(), "run", "--http-port=0"), "already running");
            assertThat(daemon.command("list").status()).isZero();
        }
    }

    @Test
    void theSocketOfADeadDaemonIsReplaced() throws Exception {
        try (DaemonFixture dead = DaemonFixture.start(socket)) {
            dead.process.kill();
        }
        assertThat(socket).exists();
        assertFails(DaemonFixture.command(socket, Map.of(), "list"), "no daemon");
        try (DaemonFixture daemon = DaemonFixture.start(socket)) {
            assertThat(daemon.command("list").status()).isZero();
        }
    }

    @Test
    void aFileThatIsNoSocketIsNotReplaced() throws Exception {
        Files.writeString(socket, "precious");
        assertFails(DaemonFixture.command(socket, Map.of(), "run", "--http-port=0"), "not a socket");
        assertThat(socket).hasContent("precious");
    }

    @Test
    void aPortInUseIsAnErrorThatSaysSo() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            String port = String.valueOf(taken.getLocalPort());
            assertFails(DaemonFixture.command(socket, Map.of(), "run", "--http-port", port), "in use");
        }
        assertThat(socket).doesNotExist();
    }

    /** They are not within the daemon's jar. */
    @Test
    void http3WithoutItsArtifactsIsAnErrorThatNamesThem() throws Exception {
        DaemonFixture.Outcome outcome = DaemonFixture.command(
                socket, Map.of(), "run", "--http-port=0", "--https-port=0", "--bind=127.0.0.1", "--http3");

        assertFails(outcome, "HTTP/3 needs the artifact org.eclipse.jetty");
    }

    @Test
    void thePrefixedVariableWinsAndTheFlagOverBoth() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            String port = String.valueOf(taken.getLocalPort());
            Map<String, String> environment = Map.of("HTTP_PORT", port, "GAPLESS_HTTP_PORT", "0");
            try (DaemonFixture daemon = DaemonFixture.start(socket, environment)) {
                assertThat(daemon.port()).isNotEqualTo(taken.getLocalPort());
            }
            assertFails(DaemonFixture.command(socket, Map.of("HTTP_PORT", port), "run"), "in use");
            assertFails(DaemonFixture.command(socket, environment, "run", "--http-port", port), "in use");
        }
    }

    @Test
    void theSocketIsInTheRuntimeDirectoryByDefault() throws Exception {
        Map<String, String> environment = Map.of("GAPLESS_SOCKET", "", "XDG_RUNTIME_DIR", directory.toString());
        try (DaemonFixture daemon = DaemonFixture.start(socket)) {
            assertThat(daemon.port()).isPositive();
            assertThat(DaemonFixture.command(socket, environment, "list").status())
                    .isZero();
        }
    }

    @Test
    void theAccessLogCanBeSwitchedOff() throws Exception {
        try (DaemonFixture daemon = DaemonFixture.start(socket, "--access-log=false")) {
            assertThat(daemon.get("/quiet").statusCode()).isEqualTo(404);
            daemon.process.terminate();
            daemon.process.awaitExit();
            assertThat(daemon.process.output()).doesNotContain("/quiet");
        }
    }
}
