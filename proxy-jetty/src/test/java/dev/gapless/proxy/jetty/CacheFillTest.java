package dev.gapless.proxy.jetty;

import dev.gapless.proxy.CacheOnDeploy;
import dev.gapless.proxy.CacheOptions;
import dev.gapless.proxy.CachePurge;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.RolloutSplit;
import dev.gapless.proxy.SendfileOptions;
import dev.gapless.proxy.ServiceOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Responses that are being stored while others want them, while clients leave, targets fail and deployments are made. */
class CacheFillTest extends CacheScaffold {
    private static final String HEAD = "HTTP/1.1 200 X\r\nCache-Control: max-age=60\r\nContent-Length: 6\r\n\r\n";

    private final CountDownLatch goOn = new CountDownLatch(1);

    /** Sends so much, and the rest when it is let. */
    private RawTarget.Answer inTwo(String first, String rest) {
        return (request, connection) -> {
            connection.send(first);
            RawTarget.awaitUninterrupted(goOn);
            connection.send(rest);
        };
    }

    private RawTarget.Answer later(String response) {
        return inTwo("", response);
    }

    private List<RawClient> asking(int count) throws Exception {
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            clients.add(client().send(RawClient.head("GET", "/")));
        }
        return clients;
    }

    @Test
    void aHundredAskTheTargetOnce() throws Exception {
        RawTarget target = serveCached(counting(later(fresh("one"))));
        List<RawClient> clients = asking(50);
        List<Http2Client.Sent> streams = new ArrayList<>();
        Http2Client http2 = http2();
        for (int i = 0; i < 50; i++) {
            streams.add(http2.begin("GET", "/", true));
        }
        target.taken();
        waitUntilSomeWait(99);

        goOn.countDown();

        for (RawClient client : clients) {
            assertThat(client.read().text()).isEqualTo("one");
        }
        for (Http2Client.Sent stream : streams) {
            assertThat(stream.response().text()).isEqualTo("one");
        }
        assertThat(asked).hasValue(1);
    }

    @Test
    void whoComesLateReadsWhatHasCome() throws Exception {
        serveCached(counting(inTwo(HEAD + "abc", "def")), cachedAndStreamed());
        RawClient first = asking(1).get(0);
        assertThat(first.readHead().status()).isEqualTo(200);
        assertThat(first.readBytes(3)).isEqualTo("abc");

        RawClient second = asking(1).get(0);
        assertThat(second.readHead().field("Cache-Status")).contains("collapsed");
        assertThat(second.readBytes(3)).isEqualTo("abc");
        goOn.countDown();

        assertThat(first.readBytes(3)).isEqualTo("def");
        assertThat(second.readBytes(3)).isEqualTo("def");
        assertThat(asked).hasValue(1);
    }

    @Test
    void whatMayNotBeSharedIsAskedForByEach() throws Exception {
        RawTarget target = serveCached(counting(later(response(200, "mine", "Cache-Control: private"))));
        List<RawClient> clients = asking(5);
        target.taken();
        waitUntilSomeWait(4);

        goOn.countDown();

        for (RawClient client : clients) {
            assertThat(client.read().text()).isEqualTo("mine");
        }
        assertThat(asked).hasValue(5);
    }

    @Test
    void aSlowReaderHoldsNobody() throws Exception {
        String body = "s".repeat(1 << 20);
        serveCached(counting(fresh(body)));
        RawClient slow = asking(1).get(0);

        eventually("the target's end", () -> requestsInFlight() == 0 && asked.get() == 1);
        assertThat(client().get("/").body()).hasSize(1 << 20);
        assertThat(slow.read().body()).hasSize(1 << 20);
        assertThat(asked).hasValue(1);
    }

    @Test
    void aClientThatLeavesWhileItsResponseComesKeepsNobodyFromIt() throws Exception {
        serveCached(counting(inTwo(HEAD + "abc", "def")), cachedAndStreamed());
        RawClient first = asking(1).get(0);
        first.readHead();
        RawClient second = asking(1).get(0);
        second.readHead();

        first.close();
        goOn.countDown();

        assertThat(second.readBytes(6)).isEqualTo("abcdef");
        idle();
        assertThat(client().get("/").field("X-Cache")).isEqualTo("hit");
        assertThat(asked).hasValue(1);
    }

    @Test
    void aClientThatLeavesBeforeTheHeadKeepsNobodyFromIt() throws Exception {
        RequestLog log = new RequestLog();
        proxy = start(caching().listener(log));
        RawTarget target = serveCached(counting(later(fresh("one"))));
        RawClient first = asking(1).get(0);
        target.taken();
        RawClient second = asking(1).get(0);
        waitUntilSomeWait(1);

        first.close();
        assertThat(log.next().status()).isEqualTo(499);
        goOn.countDown();

        assertThat(second.read().text()).isEqualTo("one");
        assertThat(asked).hasValue(1);
    }

    @Test
    void aRequestThatOnlyItsClientWantedEndsWithIt() throws Exception {
        RawTarget target = serveCached(counting(later(fresh("one"))));
        RawClient first = asking(1).get(0);
        target.taken();

        first.close();

        idle();
        goOn.countDown();
        assertThat(client().get("/").field("X-Cache")).isEqualTo("miss");
    }

    @Test
    void aClientThatWaitsMayLeave() throws Exception {
        RawTarget target = serveCached(counting(later(fresh("one"))));
        RawClient first = asking(1).get(0);
        target.taken();
        RawClient second = asking(1).get(0);
        Http2Client.Sent third = http2().begin("GET", "/", true);
        waitUntilSomeWait(2);

        second.close();
        third.reset();

        waitUntilSomeWait(0);
        goOn.countDown();
        assertThat(first.read().text()).isEqualTo("one");
    }

    @Test
    void aWaitIsAsLongAsATargetMayTake() throws Exception {
        String chunked = "HTTP/1.1 200 X\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n";
        serveCached(
                counting((request, connection) -> {
                    connection.send(chunked);
                    if (asked.get() == 1) {
                        RawTarget.awaitUninterrupted(goOn);
                    }
                    connection.send("one\r\n0\r\n\r\n");
                }),
                cached().responseTimeout(Duration.ofSeconds(1)).build());
        RawClient first = asking(1).get(0);
        first.readHead();

        assertThat(client().get("/").text()).isEqualTo("one");

        goOn.countDown();
        assertThat(asked).hasValue(2);
    }

    @Test
    void whatBreaksOffIsCutAndNotStored() throws Exception {
        serveCached(
                counting((request, connection) -> {
                    connection.send(HEAD + "abc");
                    connection.close();
                }),
                cachedAndStreamed());

        RawClient first = asking(1).get(0);
        assertThat(first.readHead().status()).isEqualTo(200);

        assertThat(first.readToEndOrReset()).isEqualTo("abc");
        asking(1).get(0).readToEndOrReset();
        assertThat(asked).hasValue(2);
    }

    @Test
    void whatBreaksOffIsAnErrorIfItIsBuffered() throws Exception {
        serveCached(counting((request, connection) -> {
            connection.send(HEAD + "abc");
            connection.close();
        }));

        assertThat(client().get("/").status()).isEqualTo(502);
    }

    @Test
    void whoJoinsABufferedResponseGetsTheErrorAsWellIfItBreaksOff() throws Exception {
        serveCached(counting((request, connection) -> {
            if (request.requestTarget().equals("/")) {
                connection.send(HEAD + "abc");
                RawTarget.awaitUninterrupted(goOn);
                connection.close();
            } else {
                connection.send(response(200, "other"));
            }
        }));
        Http2Client http2 = http2();
        Http2Client.Sent first = http2.begin("GET", "/", true);
        eventually("a beginning", () -> state().cache().fillBytes() > 0);
        Http2Client.Sent second = http2.begin("GET", "/", true);
        http2.get("/other"); // By then the one before has joined.

        goOn.countDown();

        assertThat(first.response().status()).isEqualTo(502);
        assertThat(second.response().status()).isEqualTo(502);
        assertThat(asked).hasValue(2);
    }

    @Test
    void aChunkedBodyThatBreaksOffIsNotStored() throws Exception {
        serveCached(
                counting((request, connection) -> {
                    connection.send("HTTP/1.1 200 X\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n"
                            + "3\r\nabc\r\n");
                    connection.reset();
                }),
                cachedAndStreamed());

        asking(1).get(0).readToEndOrReset();
        asking(1).get(0).readToEndOrReset();

        assertThat(asked).hasValue(2);
    }

    @Test
    void whatIsPurgedWhileItComesIsNotStored() throws Exception {
        serveCached(counting(inTwo(HEAD + "abc", "def")), cachedAndStreamed());
        RawClient first = asking(1).get(0);
        first.readHead();

        proxy.services().purge(CachePurge.ofService("app"));
        goOn.countDown();

        assertThat(first.readBytes(6)).isEqualTo("abcdef");
        idle();
        assertThat(client().get("/").field("X-Cache")).isEqualTo("miss");
        assertThat(asked).hasValue(2);
    }

    @Test
    void theProxyStopsThoughAResponseIsComing() throws Exception {
        serveCached(counting(inTwo(HEAD + "abc", "def")), cachedAndStreamed());
        RawClient first = asking(1).get(0);
        first.readHead();

        proxy.stop();

        assertThat(first.readToEndOrReset()).isIn("abc", "");
        assertThat(state().cache().fillBytes()).isZero();
        goOn.countDown();
    }

    @Test
    void aDrainWaitsForAResponseThatIsBeingStored() throws Exception {
        RawTarget old = serveCached(counting(inTwo(HEAD + "abc", "def")), cachedAndStreamed());
        RawClient first = asking(1).get(0);
        first.readHead();
        RawTarget next = closing(RawTarget.answering(fresh("new")));

        var deployed = proxy.services()
                .deployAsync(Deployment.builder("app")
                        .target(next.address())
                        .options(cachedAndStreamed())
                        .build())
                .toCompletableFuture();
        eventually(
                "the swap",
                () -> !proxy.services()
                        .list()
                        .get(0)
                        .targets()
                        .get(0)
                        .address()
                        .toString()
                        .equals(old.address()));
        assertThat(deployed).isNotDone();
        goOn.countDown();

        deployed.join();
        assertThat(first.readBytes(6)).isEqualTo("abcdef");
    }

    @Test
    void aDrainCutsAResponseThatTakesTooLong() throws Exception {
        serveCached(counting(inTwo(HEAD + "abc", "def")), cachedAndStreamed());
        RawClient first = asking(1).get(0);
        first.readHead();
        RawTarget next = closing(RawTarget.answering(fresh("new")));

        proxy.services()
                .deploy(Deployment.builder("app")
                        .target(next.address())
                        .options(cachedAndStreamed())
                        .drainTimeout(Duration.ZERO)
                        .build());

        assertThat(first.readToEndOrReset()).isEqualTo("abc");
        assertThat(client().get("/").text()).isEqualTo("new");
        goOn.countDown();
    }

    @ParameterizedTest
    @EnumSource(CacheOnDeploy.class)
    void aDeploymentDoesWithWhatIsStoredAsItsOptionSays(CacheOnDeploy policy) throws Exception {
        ServiceOptions options =
                cached(CacheOptions.builder().onDeploy(policy).build()).build();
        serveCached(counting(fresh("old", "ETag: \"v\"")), options);
        client().get("/");
        RawTarget next = closing(RawTarget.answering((request, connection) -> connection.send(
                request.field("If-None-Match") == null
                        ? fresh("new", "ETag: \"w\"")
                        : "HTTP/1.1 304 X\r\nETag: \"v\"\r\nCache-Control: max-age=60\r\n\r\n")));

        deploy("app", options, next);
        RawMessage after = client().get("/");

        assertThat(after.text()).isEqualTo(policy == CacheOnDeploy.DROP ? "new" : "old");
        assertThat(next.hasTakenNone()).isEqualTo(policy == CacheOnDeploy.KEEP);
        assertThat(client().get("/").field("X-Cache")).isEqualTo("hit");
        assertThat(asked).hasValue(1);
    }

    @Test
    void aRolloutAndTheActiveDeploymentDoNotShare() throws Exception {
        serveCached(counting(fresh("active")));
        RawTarget beside = closing(RawTarget.answering(fresh("rollout")));
        proxy.services()
                .deploy(Deployment.builder("app")
                        .target(beside.address())
                        .asRollout()
                        .build());
        proxy.services().splitRollout("app", new RolloutSplit(0, Set.of("in")));

        assertThat(client().get("/").text()).isEqualTo("active");
        assertThat(client().get("/", "Cookie: kamal-rollout=in").text()).isEqualTo("rollout");
        assertThat(client().get("/").text()).isEqualTo("active");

        RawMessage again = client().get("/", "Cookie: kamal-rollout=in");
        assertThat(again.text()).isEqualTo("rollout");
        proxy.services().promoteRollout("app", Duration.ofSeconds(5));
        RawMessage promoted = client().get("/");
        assertThat(promoted.text()).isEqualTo("rollout");
        assertThat(promoted.field("X-Cache")).isEqualTo("hit");
    }

    @Test
    void aPausedServiceHoldsWhatItCouldAnswer() throws Exception {
        serveCached(counting(fresh("one")));
        client().get("/");
        proxy.services().pause("app");

        RawClient held = asking(1).get(0);
        eventually("a held request", () -> proxy.services().list().get(0).requestsHeld() == 1);
        proxy.services().resume("app");

        assertThat(held.read().field("X-Cache")).isEqualTo("hit");
        assertThat(asked).hasValue(1);
    }

    @Test
    void aStoppedServiceRefusesWhatItCouldAnswer() throws Exception {
        serveCached(counting(fresh("one")));
        client().get("/");

        proxy.services().stop("app", "");

        assertThat(client().get("/").status()).isEqualTo(503);
    }

    @Test
    void aStaleResponseIsUsedWhileItIsValidated() throws Exception {
        RawTarget target = serveCached(counting((request, connection) -> {
            if (asked.get() > 1) {
                RawTarget.awaitUninterrupted(goOn);
            }
            connection.send(response(
                    200, "v" + asked.get(), "Cache-Control: max-age=60, stale-while-revalidate=60", "ETag: \"x\""));
        }));
        client().get("/");
        target.taken();
        time.advance(Duration.ofSeconds(70));

        assertThat(client().get("/").text()).isEqualTo("v1");
        assertThat(client().get("/").text()).isEqualTo("v1");
        assertThat(target.taken().field("If-None-Match")).isEqualTo("\"x\"");
        assertThat(requestsInFlight()).isEqualTo(1);
        goOn.countDown();

        idle();
        assertThat(client().get("/").text()).isEqualTo("v2");
        assertThat(asked).hasValue(2);
    }

    @Test
    void aFileThatARevalidationNamesIsNotTakenForItsEmptyBody(@TempDir Path root) throws Exception {
        Path file = Files.writeString(root.resolve("new"), "new");
        serveCached(
                counting((request, connection) -> connection.send(
                        asked.get() == 1
                                ? response(
                                        200,
                                        "old",
                                        "Cache-Control: max-age=60, stale-while-revalidate=60",
                                        "ETag: \"x\"")
                                : fresh("", "X-Sendfile: " + file))),
                cached().sendfile(SendfileOptions.below(root)).build());
        client().get("/");
        time.advance(Duration.ofSeconds(70));
        assertThat(client().get("/").text())
                .as("stale, with the target asked meanwhile")
                .isEqualTo("old");
        idle();
        time.advance(Duration.ofSeconds(60));

        assertThat(client().get("/").text()).isEqualTo("new");
    }

    /** Its client has not asked whether anything has changed, but for all of it. */
    @Test
    void whatIsStillRightIsSentThoughTheTargetNamesAFileAsItSaysSo(@TempDir Path root) throws Exception {
        Path file = Files.writeString(root.resolve("file"), "file");
        serveCached(
                counting((request, connection) -> connection.send(
                        request.field("If-None-Match") == null
                                ? fresh("one", "ETag: \"x\"")
                                : "HTTP/1.1 304 X\r\nETag: \"x\"\r\nX-Sendfile: " + file + "\r\n\r\n")),
                cached().sendfile(SendfileOptions.below(root)).build());
        client().get("/");
        time.advance(Duration.ofSeconds(61));

        RawMessage validated = client().get("/");

        assertThat(validated.status()).isEqualTo(200);
        assertThat(validated.text()).isEqualTo("one");
        assertThat(validated.names()).doesNotContain("x-sendfile");
        assertThat(client().get("/").names()).doesNotContain("x-sendfile");
        assertThat(asked).hasValue(2);
    }

    @Test
    void aDrainCutsARevalidation() throws Exception {
        RawTarget target = serveCached(counting((request, connection) -> {
            if (asked.get() > 1) {
                RawTarget.awaitUninterrupted(goOn);
            }
            connection.send(
                    response(200, "one", "Cache-Control: max-age=60, stale-while-revalidate=60", "ETag: \"x\""));
        }));
        client().get("/");
        target.taken();
        time.advance(Duration.ofSeconds(70));
        client().get("/");
        target.taken();

        proxy.services().pause("app", Duration.ZERO, Duration.ofSeconds(5));

        idle();
        goOn.countDown();
    }

    @Test
    void aRevalidationThatFailsIsNotRepeatedAtOnce() throws Exception {
        serveCached(counting((request, connection) -> connection.send(
                asked.get() == 1
                        ? response(200, "one", "Cache-Control: max-age=60, stale-while-revalidate=60", "ETag: \"x\"")
                        : response(500, "no"))));
        client().get("/");
        time.advance(Duration.ofSeconds(70));

        for (int i = 0; i < 5; i++) {
            assertThat(client().get("/").text()).isEqualTo("one");
            idle();
        }

        assertThat(asked).hasValue(2);
    }

    @Test
    void aStaleResponseStandsInForOneThatFails() throws Exception {
        serveCached(counting((request, connection) -> connection.send(
                asked.get() == 1
                        ? response(200, "one", "Cache-Control: max-age=60, stale-if-error=60")
                        : response(503, "no"))));
        client().get("/");
        time.advance(Duration.ofSeconds(70));

        RawMessage stale = client().get("/");

        assertThat(stale.text()).isEqualTo("one");
        assertThat(stale.field("Cache-Status")).contains("fwd-status=503");
    }

    @Test
    void aStaleResponseStandsInForATargetThatIsGone() throws Exception {
        RawTarget target = serveCached(counting(response(200, "one", "Cache-Control: max-age=60, stale-if-error=60")));
        client().get("/");
        time.advance(Duration.ofSeconds(70));
        target.leave();

        RawMessage stale = client().get("/");

        assertThat(stale.text()).isEqualTo("one");
        assertThat(stale.field("X-Cache")).isEqualTo("hit");
        time.advance(Duration.ofSeconds(70));
        assertThat(client().get("/").status()).isEqualTo(502);
    }

    @Test
    void aStaleResponseStandsInForATargetThatClosesTheConnectionIfTheOptionsSaySo() throws Exception {
        CacheOptions options = CacheOptions.builder()
                .staleIfUnreachable(Duration.ofSeconds(30))
                .build();
        RawTarget target = serveCached(
                counting((request, connection) -> {
                    if (asked.get() == 1) {
                        connection.send(response(200, "one", "Cache-Control: max-age=60"));
                    } else {
                        connection.close();
                    }
                }),
                cached(options).build());
        client().get("/");
        time.advance(Duration.ofSeconds(61));

        RawMessage closed = client().get("/");
        RawMessage refused = client().get("/", "Cache-Control: no-cache");
        target.leave();
        RawMessage gone = client().get("/");

        assertThat(closed.text()).isEqualTo("one");
        assertThat(closed.field("Age")).isEqualTo("61");
        assertThat(closed.field("Cache-Status")).isEqualTo("Gapless; fwd=stale; detail=target-failed");
        assertThat(refused.status()).isEqualTo(502);
        assertThat(gone.text()).isEqualTo("one");
        time.advance(Duration.ofSeconds(30));
        assertThat(client().get("/").status()).isEqualTo(502);
    }

    @Test
    void aStaleResponseStandsInForATargetThatIsTooSlow() throws Exception {
        serveCached(
                counting((request, connection) -> {
                    if (asked.get() > 1) {
                        RawTarget.awaitUninterrupted(goOn);
                    }
                    connection.send(response(200, "one", "Cache-Control: max-age=60, stale-if-error=60"));
                }),
                cached().responseTimeout(Duration.ofSeconds(1)).build());
        client().get("/");
        time.advance(Duration.ofSeconds(70));

        assertThat(client().get("/").text()).isEqualTo("one");
        goOn.countDown();
    }
}
