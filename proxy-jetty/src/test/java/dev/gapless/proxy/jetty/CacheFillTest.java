package dev.gapless.proxy.jetty;

import dev.gapless.proxy.CachePurge;
import dev.gapless.proxy.Deployment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Responses that are being stored while others want them, while clients leave, targets fail and drains begin. */
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
}
