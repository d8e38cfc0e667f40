package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.examples.TestTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** Moving from Kamal Proxy to a running daemon. */
class ImportCommandTest {
    @TempDir
    static Path directory;

    private static DaemonFixture daemon;
    private static TestTarget v1;
    private static TestTarget v2;

    @BeforeAll
    static void start() throws Exception {
        String home = directory.resolve("home").toString();
        daemon = DaemonFixture.start(
                directory.resolve("gapless.sock"),
                Map.of("GAPLESS_HTTP_PORT", "0", "BIND", "127.0.0.1", "GAPLESS_HOME", home));
        v1 = new TestTarget("v1").unhealthy();
        v2 = new TestTarget("v2").unhealthy();
    }

    @AfterAll
    static void stop() {
        v1.close();
        v2.close();
        daemon.close();
    }

    @AfterEach
    void removeAll() throws IOException {
        for (String name : List.of("web", "api", "other")) {
            daemon.send("remove", name);
        }
    }

    private static String service(String name, String prefix, TestTarget target, String more) {
        return """
                {"name": "%s", "active_targets": ["%s"], "options": {"hosts": [""], "path_prefixes": ["%s"]}%s}
                """.formatted(name, target.address(), prefix, more);
    }

    private static String state(String... services) throws IOException {
        String list = Stream.of(services).collect(Collectors.joining(",", "[", "]\n"));
        return Files.writeString(directory.resolve("kamal-proxy.state"), list).toString();
    }

    private static String listed() throws IOException {
        return daemon.send("list", "--json").output();
    }

    @Test
    void importedServicesServeAtOnceAsTheyDid() throws Exception {
        String file = state(
                service(
                        "web",
                        "/",
                        v1,
                        ",\"rollout_targets\": [\"" + v2.address() + "\"]"
                                + ",\"rollout_controller\": {\"percentage\": 0, \"allowlist\": [\"a\"]}"),
                service("api", "/api", v2, ",\"pause_controller\": {\"state\": 1, \"fail_after\": 1000000}"),
                service("other", "/other", v2, ",\"pause_controller\": {\"state\": 2, \"stop_message\": \"Soon\"}"));
        daemon.succeeds("import", file);

        assertThat(daemon.get("/x").body()).isEqualTo("v1 /x");
        assertThat(daemon.get("/x", "Cookie", "kamal-rollout=a").body()).isEqualTo("v2 /x");
        assertThat(daemon.get("/api/x").statusCode()).isEqualTo(504);
        assertThat(daemon.get("/other/x").statusCode()).isEqualTo(503);
        assertThat(listed())
                .contains(
                        "\"state\":\"running\",\"rollout\":\"" + v2.address() + " (list a)\"",
                        "\"state\":\"paused\"",
                        "\"state\":\"stopped\"");
        daemon.succeeds("resume", "api");
        assertThat(daemon.get("/api/x").body()).isEqualTo("v2 /api/x");
    }

    @Test
    void theBufferingOfAServiceIsTakenOver() throws Exception {
        daemon.succeeds(
                "import",
                state(service(
                        "web",
                        "/",
                        v1,
                        ",\"target_options\": {\"buffer_requests\": true, \"max_request_body_size\": 3}")));

        assertThat(Files.readString(directory.resolve("home/gapless.state")))
                .contains("\"requestBuffering\":\"FULL\"", "\"responseBuffering\":\"OFF\"", "\"maxRequestBytes\":3");
    }

    @Test
    void aPathIsRelativeToWhereTheCommandIsGiven() throws Exception {
        String file = state(service("web", "/", v1, ""));
        Path relative = Path.of("").toAbsolutePath().relativize(Path.of(file));
        assertThat(daemon.command("import", relative.toString())).isEqualTo(new DaemonFixture.Outcome(0, "", ""));
        assertThat(daemon.get("/x").body()).isEqualTo("v1 /x");
    }

    @Test
    void whereOneServiceCannotBeTakenOverNoneIsUnlessItIsLeftOut() throws Exception {
        String file = state(
                service("web", "/", v1, ""),
                """
                {"name": "api", "active_targets": ["%s"], "options": {"hosts": ["a/b"], "tls_enabled": true}}
                """.formatted(v1.address()),
                service("other", "/other", v1, ",\"rollout_targets\": [\"a b\"]"));
        daemon.fails(List.of("nothing was imported", "\"api\"", "a/b", "\"other\"", "a b"), "import", file);
        assertThat(listed()).isEqualTo("{}\n");

        daemon.succeeds("import", file, "web");
        assertThat(listed()).startsWith("{\"web\":");
    }

    @Test
    void aConflictTakesBackWhatHasBeenImported() throws Exception {
        daemon.succeeds("deploy", "other", "--force", "--target", v2.address(), "--path-prefix=/api");
        String file = state(service("web", "/", v1, ""), service("api", "/api", v1, ""));
        daemon.fails(List.of("nothing was imported", "\"api\"", "conflict"), "import", file);
        assertThat(listed()).startsWith("{\"other\":").doesNotContain("web");
    }

    @Test
    void aServiceThatIsThereIsNotReplaced() throws Exception {
        daemon.succeeds("deploy", "web", "--force", "--target", v2.address());
        String file = state(service("web", "/", v1, ""), service("api", "/api", v1, ""));
        daemon.fails(List.of("nothing was imported", "\"web\"", "already"), "import", file);
        assertThat(daemon.get("/x").body()).isEqualTo("v2 /x");
        daemon.succeeds("import", file, "api");
    }

    @Test
    void badInputIsQuoted() throws Exception {
        String file = state(service("web", "/", v1, ""));
        daemon.fails(List.of("not found", "\"none\"", "[web]"), "import", file, "none");
        daemon.fails(
                List.of("two services", "\"web\""),
                "import",
                state(service("web", "/", v1, ""), service("web", "/a", v1, "")));
        daemon.fails(
                List.of("none.state"), "import", directory.resolve("none.state").toString());
        daemon.fails(
                List.of("[0].options.hosts is 5"), "import", state("{\"name\":\"web\",\"options\":{\"hosts\":5}}"));
        Files.writeString(directory.resolve("cut.state"), "[{\"name\":");
        daemon.fails(
                List.of("cut.state", "not JSON"),
                "import",
                directory.resolve("cut.state").toString());
        assertThat(listed()).isEqualTo("{}\n");
    }
}
