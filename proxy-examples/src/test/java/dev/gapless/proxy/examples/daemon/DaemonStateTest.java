package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.examples.TestTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** What the daemon was told survives it. */
@Tag("proof")
final class DaemonStateTest {
    @TempDir
    Path directory;

    private DaemonFixture start() throws InterruptedException {
        Path socket = directory.resolve("gapless.sock");
        return DaemonFixture.start(
                socket, Map.of("GAPLESS_HTTP_PORT", "0", "BIND", "127.0.0.1", "GAPLESS_HOME", home().toString()));
    }

    private Path home() {
        return directory.resolve("home");
    }

    @Test
    void aKilledDaemonIsFollowedByOneThatServesTheSame() throws Exception {
        try (TestTarget target = new TestTarget("v1")) {
            String before;
            try (DaemonFixture daemon = start()) {
                daemon.succeeds("deploy", "web", "--target", target.address(), "--host", "web.example");
                daemon.succeeds("deploy", "api", "--target", target.address());
                daemon.succeeds("stop", "web", "--message", "Gone fishing");
                daemon.succeeds("rollout", "deploy", "api", "--target", target.address());
                daemon.succeeds("rollout", "set", "api", "--percent", "10", "--list", "a,b");
                before = daemon.send("list").output();
                daemon.process.kill();
            }
            try (DaemonFixture daemon = start()) {
                assertThat(daemon.send("list").output()).isEqualTo(before);
                assertThat(daemon.get("/").body()).contains("v1");
                daemon.succeeds("resume", "web");
                daemon.succeeds("remove", "api");
                daemon.process.terminate();
                assertThat(daemon.process.awaitExit()).isZero();
            }
            try (DaemonFixture daemon = start()) {
                assertThat(daemon.send("list").output())
                        .contains("web")
                        .contains("running")
                        .doesNotContain("api");
            }
        }
    }

    @Test
    void whatBecomesOfBodiesIsSaved() throws Exception {
        try (TestTarget target = new TestTarget("v1");
                DaemonFixture daemon = start()) {
            daemon.succeeds("deploy", "web", "--target", target.address());
            assertThat(saved())
                    .contains(
                            "\"requestBuffering\":\"OFF\"", "\"responseBuffering\":\"OFF\"", "\"bufferMemory\":1048576")
                    .doesNotContain("maxRequestBytes", "maxResponseBytes");

            daemon.succeeds(
                    "deploy",
                    "web",
                    "--target",
                    target.address(),
                    "--buffer-requests",
                    "--buffer-responses",
                    "--buffer-memory=7",
                    "--max-request-body=8",
                    "--max-response-body=9");
            assertThat(saved())
                    .contains("\"requestBuffering\":\"FULL\"", "\"responseBuffering\":\"FULL\"")
                    .contains("\"bufferMemory\":7", "\"maxRequestBytes\":8", "\"maxResponseBytes\":9");
            assertThat(daemon.get("/").body()).contains("v1");
        }
    }

    private String saved() throws IOException {
        return Files.readString(home().resolve("gapless.state"));
    }

    @Test
    void aDamagedStateIsLoggedAndThePreviousOneServed() throws Exception {
        try (TestTarget target = new TestTarget("v1")) {
            try (DaemonFixture daemon = start()) {
                daemon.succeeds("deploy", "web", "--target", target.address());
                daemon.succeeds("pause", "web");
                daemon.process.kill();
            }
            Files.writeString(home().resolve("gapless.state"), "anything");
            try (DaemonFixture daemon = start()) {
                daemon.process.awaitLine(line ->
                        line.contains("\"level\":\"ERROR\"") && line.contains("state") && line.contains("invalid"));
                assertThat(daemon.get("/").body()).contains("v1");
                daemon.succeeds("stop", "web");
            }
            assertThat(home().resolve("gapless.state.damaged-1")).hasContent("anything");
        }
    }

    @Test
    void aSecondDaemonDoesNotTakeTheDataDirectory() throws Exception {
        try (DaemonFixture daemon = start()) {
            assertThat(daemon.port()).isPositive();
            DaemonFixture.Outcome outcome = DaemonFixture.command(
                    directory.resolve("other.sock"),
                    Map.of("GAPLESS_HOME", home().toString(), "HTTP_PORT", "0", "BIND", "127.0.0.1"),
                    "run");
            assertThat(outcome.status()).isEqualTo(1);
            assertThat(outcome.errors()).startsWith("Error: ").contains("in use", home().toString());
        }
    }

    @Test
    void theDataDirectoryMayBeALink() throws Exception {
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Files.createSymbolicLink(home(), elsewhere);
        try (TestTarget target = new TestTarget("v1");
                DaemonFixture daemon = start()) {
            daemon.succeeds("deploy", "web", "--target", target.address());
            assertThat(elsewhere.resolve("gapless.state")).exists();
        }
    }

    @Test
    void aDirectoryOfErrorPagesIsReadOrRefused() throws Exception {
        Path pages = Files.createDirectory(directory.resolve("pages"));
        try (TestTarget target = new TestTarget("v1");
                DaemonFixture daemon = start()) {
            daemon.fails(
                    List.of("error pages", pages.toString()),
                    "deploy",
                    "web",
                    "--target",
                    target.address(),
                    "--error-pages",
                    pages.toString());
            Files.writeString(pages.resolve("503.html"), "<h1>{{ .Message }}</h1>");
            daemon.succeeds("deploy", "web", "--target", target.address(), "--error-pages", pages.toString());
            daemon.succeeds("stop", "web", "--message", "A & B");
            assertThat(daemon.get("/").body()).isEqualTo("<h1>A &amp; B</h1>");
        }
    }
}
