package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.examples.TestTarget;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** Commands that direct the traffic of a service, given to one running daemon. */
class TrafficCommandsTest {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    static Path directory;

    private static DaemonFixture daemon;

    private TestTarget v1;
    private TestTarget v2;

    @BeforeAll
    static void start() throws Exception {
        daemon = DaemonFixture.start(directory.resolve("gapless.sock"));
    }

    @AfterAll
    static void stop() {
        daemon.close();
    }

    @BeforeEach
    void deploy() throws Exception {
        v1 = new TestTarget("v1");
        v2 = new TestTarget("v2");
        daemon.succeeds("deploy", "web", "--target", v1.address());
    }

    @AfterEach
    void remove() throws Exception {
        daemon.succeeds("remove", "web");
        v1.close();
        v2.close();
    }

    private static CompletableFuture<HttpResponse<String>> sending(String path) {
        return HTTP.sendAsync(daemon.request(path), BodyHandlers.ofString());
    }

    private static CompletableFuture<Void> succeeding(String... command) {
        return CompletableFuture.runAsync(() -> {
            try {
                daemon.succeeds(command);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
    }

    @Test
    void filesOfAStaticRootAreServedBeforeTheServiceIsAsked() throws Exception {
        Files.writeString(directory.resolve("hello.txt"), "from the directory");

        daemon.succeeds("deploy", "web", "--target", v2.address(), "--static-root", directory.toString());

        assertThat(daemon.get("/hello.txt").body()).isEqualTo("from the directory");
        assertThat(daemon.get("/other").body()).contains("v2");
        daemon.fails(
                List.of("static files", "/nowhere"),
                "deploy",
                "web",
                "--target",
                v2.address(),
                "--static-root",
                "/nowhere");
    }

    private static String listed() throws IOException {
        return daemon.send("list", "--json").output();
    }

    private static void awaitListed(String part) throws IOException {
        while (!listed().contains(part)) {
            Thread.onSpinWait();
        }
    }

    @Test
    void whatIsCachedIsForgottenOnCommand() throws Exception {
        daemon.succeeds("deploy", "web", "--target", v1.address(), "--cache");
        sending("/fresh/a").get(20, TimeUnit.SECONDS);
        sending("/fresh/a").get(20, TimeUnit.SECONDS);
        assertThat(v1.requests()).isEqualTo(1);

        daemon.succeeds("purge", "web", "--path-prefix", "/other");
        daemon.succeeds("purge", "web", "--tag=none");
        sending("/fresh/a").get(20, TimeUnit.SECONDS);
        assertThat(v1.requests()).isEqualTo(1);

        daemon.succeeds("purge", "web");
        sending("/fresh/a").get(20, TimeUnit.SECONDS);
        assertThat(v1.requests()).isEqualTo(2);
    }

    @Test
    void aPausedServiceHoldsItsRequestsUntilItIsResumed() throws Exception {
        daemon.succeeds("pause", "web");
        CompletableFuture<HttpResponse<String>> held = sending("/x");
        assertThat(listed()).contains("\"state\":\"paused\"");
        assertThat(daemon.send("explain", "http://any.example/").output()).startsWith("held, service web\n");
        assertThat(daemon.get("/up").statusCode()).isEqualTo(200);

        daemon.succeeds("resume", "web");
        assertThat(held.get(10, TimeUnit.SECONDS).body()).isEqualTo("v1 /x");
        assertThat(listed()).contains("\"state\":\"running\"");
        daemon.succeeds("resume", "web");
    }

    @Test
    void aPauseWaitsForRequestsInFlight() throws Exception {
        CompletableFuture<HttpResponse<String>> inFlight = sending("/held");
        v1.awaitHeld();
        CompletableFuture<Void> pause = succeeding("pause", "--drain-timeout=1m", "web");
        awaitListed("\"state\":\"paused\"");
        assertThat(pause).isNotDone();

        v1.release();
        pause.get(10, TimeUnit.SECONDS);
        assertThat(inFlight.get(10, TimeUnit.SECONDS).body()).isEqualTo("v1 /held");
    }

    @Test
    void aPauseCutsWhatIsInFlightAtItsDrainTimeout() throws Exception {
        CompletableFuture<HttpResponse<String>> inFlight = sending("/held");
        v1.awaitHeld();
        daemon.succeeds("pause", "web", "--drain-timeout", "50ms");
        assertThat(inFlight.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(504);
    }

    @Test
    void aRequestIsHeldNoLongerThanTheMaximum() throws Exception {
        daemon.succeeds("pause", "--max-pause", "50ms", "web");
        assertThat(daemon.get("/x").statusCode()).isEqualTo(504);
    }

    @Test
    void aStoppedServiceAnswersForItselfUntilItIsResumed() throws Exception {
        daemon.succeeds("stop", "web", "--message", "Back at <noon>");
        HttpResponse<String> page = daemon.get("/x", "Accept", "text/html");
        assertThat(page.statusCode()).isEqualTo(503);
        assertThat(page.body()).contains("Back at &lt;noon");
        assertThat(page.headers().firstValue("Retry-After")).isPresent();
        assertThat(listed()).contains("\"state\":\"stopped\"");
        assertThat(daemon.send("explain", "http://any.example/").output()).startsWith("answered, service web\n");

        daemon.succeeds("deploy", "web", "--target", v2.address());
        assertThat(daemon.get("/x").statusCode()).isEqualTo(503);
        daemon.succeeds("resume", "web");
        assertThat(daemon.get("/x").body()).isEqualTo("v2 /x");
    }

    @Test
    void aStopWhilePausedFailsWhatIsHeld() throws Exception {
        daemon.succeeds("pause", "web");
        CompletableFuture<HttpResponse<String>> held = sending("/x");
        daemon.succeeds("stop", "web", "--drain-timeout=1s");
        assertThat(held.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(503);
    }

    @Test
    void aRolloutIsForTheClientsOfItsSplitUntilItIsStopped() throws Exception {
        daemon.succeeds("rollout", "deploy", "web", "--target", v2.address());
        assertThat(listed()).contains("\"rollout\":\"" + v2.address() + " (no split)\"");
        assertThat(daemon.get("/x", "Cookie", "kamal-rollout=a").body()).isEqualTo("v1 /x");

        daemon.succeeds("rollout", "set", "--list", "a,b", "web");
        assertThat(listed()).contains("\"rollout\":\"" + v2.address() + " (list a,b)\"");
        assertThat(daemon.get("/x", "Cookie", "kamal-rollout=a").body()).isEqualTo("v2 /x");
        assertThat(daemon.get("/x", "Cookie", "kamal-rollout=c").body()).isEqualTo("v1 /x");
        assertThat(daemon.get("/x").body()).isEqualTo("v1 /x");
        assertThat(daemon.send("explain", "http://any.example/", "-H", "Cookie: kamal-rollout=b")
                        .output())
                .startsWith("forwarded, service web, rollout deployment, target " + v2.address() + "\n- ");

        daemon.succeeds("rollout", "set", "web", "--percent=100");
        assertThat(daemon.get("/x", "Cookie", "kamal-rollout=c").body()).isEqualTo("v2 /x");
        daemon.succeeds("rollout", "stop", "web");
        assertThat(daemon.get("/x", "Cookie", "kamal-rollout=c").body()).isEqualTo("v1 /x");
        assertThat(listed()).contains(" (no split)\"");
    }

    @Test
    void aPromotedRolloutIsTheActiveDeployment() throws Exception {
        daemon.succeeds("rollout", "deploy", "web", "--target", v2.address());
        daemon.succeeds("rollout", "promote", "web", "--drain-timeout", "1s");
        assertThat(daemon.get("/x").body()).isEqualTo("v2 /x");
        assertThat(listed()).contains("\"target\":\"" + v2.address() + "\"", "\"rollout\":\"\"");
    }

    @Test
    void aRolloutThatIsNotHealthyIsAnErrorThatSaysWhy() throws Exception {
        try (TestTarget sick = new TestTarget("sick").unhealthy()) {
            daemon.fails(
                    List.of("healthy", sick.address()),
                    "rollout",
                    "deploy",
                    "web",
                    "--target",
                    sick.address(),
                    "--deploy-timeout=50ms");
        }
        assertThat(listed()).contains("\"rollout\":\"\"");
    }

    @Test
    void readsGoToReadersAndWritesToWriters() throws Exception {
        daemon.succeeds(
                "deploy", "web", "--read-target", v2.address(), "--target", v1.address(), "--lb=least-requests");
        assertThat(listed()).contains("\"target\":\"" + v1.address() + "," + v2.address() + "\"");
        assertThat(daemon.get("/x").body()).isEqualTo("v2 /x");

        HttpRequest write = HttpRequest.newBuilder(daemon.request("/y"), (name, value) -> true)
                .POST(BodyPublishers.ofString("z"))
                .build();
        assertThat(HTTP.send(write, BodyHandlers.ofString()).body()).isEqualTo("v1 /y");
        assertThat(daemon.send("explain", "http://any.example/").output()).contains(", target " + v2.address() + "\n");
    }

    @Test
    void badInputIsQuoted() throws Exception {
        daemon.fails(List.of("not found", "none"), "pause", "none");
        daemon.fails(List.of("not found", "none"), "resume", "none");
        daemon.fails(List.of("not found", "none"), "stop", "none");
        daemon.fails(List.of("not found", "none"), "rollout", "set", "none", "--percent", "1");
        daemon.fails(List.of("not found", "none"), "rollout", "stop", "none");
        daemon.fails(List.of("not found", "none"), "rollout", "promote", "none");
        daemon.fails(List.of("none"), "rollout", "deploy", "none", "--target", v2.address());
        daemon.fails(List.of("rollout", "web"), "rollout", "set", "web", "--percent", "1");
        daemon.fails(List.of("rollout", "web"), "rollout", "promote", "web");
        daemon.fails(List.of("max pause", "0"), "pause", "web", "--max-pause", "0s");
        daemon.fails(List.of("drain timeout", "-1"), "pause", "web", "--drain-timeout=-1s");
        daemon.fails(List.of("drain timeout", "-1"), "stop", "web", "--drain-timeout=-1s");
        daemon.fails(List.of("drain timeout", "-1"), "rollout", "promote", "web", "--drain-timeout=-1s");
        daemon.fails(List.of("101"), "rollout", "set", "web", "--percent", "101");
        daemon.fails(List.of("--list", "\"\""), "rollout", "set", "web", "--list", "");
        daemon.fails(List.of("x:99999"), "rollout", "deploy", "web", "--target", "x:99999");
        daemon.fails(
                List.of("both", v2.address()),
                "deploy",
                "web",
                "--target",
                v2.address(),
                "--read-target",
                v2.address());
        daemon.fails(List.of("random"), "deploy", "web", "--target", v2.address(), "--lb", "random");
        daemon.fails(List.of("any.example"), "explain", "any.example");
        daemon.fails(List.of("deploy, set, stop, promote"), "rollout");
        assertThat(daemon.get("/x").body()).isEqualTo("v1 /x");
    }

    @Test
    void aRequestThatNobodyServesIsExplainedToo() throws Exception {
        daemon.succeeds("deploy", "web", "--target", v1.address(), "--host", "x.example");
        assertThat(daemon.send("explain", "https://y.example/z").output())
                .startsWith("answered\n- ")
                .contains("y.example", "404");
    }

    @Test
    void theProgramSendsEveryCommandToTheDaemon() throws Exception {
        assertThat(daemon.command("pause", "web", "--max-pause=1m")).isEqualTo(done(""));
        assertThat(daemon.command("stop", "web", "--message=Soon")).isEqualTo(done(""));
        assertThat(daemon.command("resume", "web")).isEqualTo(done(""));
        assertThat(daemon.command("rollout", "deploy", "web", "--target", v2.address()))
                .isEqualTo(done(""));
        assertThat(daemon.command("explain", "http://any.example/").output()).startsWith("forwarded, service web");
        assertThat(daemon.command("rollout", "set", "web").errors())
                .startsWith("Error: ")
                .contains("--percent");
    }

    private static DaemonFixture.Outcome done(String output) {
        return new DaemonFixture.Outcome(0, output, "");
    }
}
