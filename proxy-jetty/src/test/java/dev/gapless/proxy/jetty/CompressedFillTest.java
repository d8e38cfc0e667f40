package dev.gapless.proxy.jetty;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.ServiceOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

/** Responses that are compressed while they are being stored and others want them, while clients leave and targets fail. */
class CompressedFillTest extends CachedCompressionScaffold {
    private static String chunked(String body, String... fields) {
        return "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n" + HTML + "\r\nTransfer-Encoding: chunked\r\n"
                + String.join("", List.of(fields)) + "\r\n" + CompressionScaffold.chunk(body) + "0\r\n\r\n";
    }

    @Test
    void aBodyOfUnknownLengthIsCompressedAsItComesAndOnceMoreForTheCache() throws Exception {
        serveBoth(counting((request, connection) -> connection.send(chunked(TEXT))));

        RawMessage first = client().get("/", GZIP);
        RawMessage second = client().get("/", GZIP);
        RawMessage third = client().get("/", GZIP);

        assertThat(first.field("X-Cache")).isEqualTo("miss");
        assertThat(Decoded.text(first)).isEqualTo(TEXT);
        assertThat(Decoded.text(second)).isEqualTo(TEXT);
        assertThat(third.body()).isEqualTo(second.body());
        assertThat(asked).hasValue(1);
    }

    /** Sends half of a page, and the rest when it is told to. */
    private RawTarget inTwo(CountDownLatch goOn) throws IOException {
        return counting((request, connection) -> {
            String whole = page();
            int half = whole.length() - TEXT.length() / 2;
            connection.send(whole.substring(0, half));
            RawTarget.awaitUninterrupted(goOn);
            connection.send(whole.substring(half));
        });
    }

    private static ServiceOptions streamed() {
        return both().bodies(
                        BodyOptions.builder().responseBuffering(Buffering.OFF).build())
                .build();
    }

    @Test
    void partsOfAStreamThatIsStoredGoOutAsTheyCome() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        serveBoth(inTwo(goOn), streamed());
        RawClient client = client().send(RawClient.head("GET", "/", GZIP));
        RawMessage head = client.readHead();
        String begun = client.readBytes(16);
        goOn.countDown();

        assertThat(head.field("Content-Encoding")).isEqualTo("gzip");
        assertThat(begun).contains("\r\n");
        client.close();
        eventually("the response is stored", () -> store.weight() > TEXT.length());
        assertThat(Decoded.text(client().get("/", GZIP))).isEqualTo(TEXT);
        assertThat(asked).hasValue(1);
    }

    /** Some of them in a hurry, some over HTTP/2, all before the target has said anything. */
    @Test
    void clientsOfAllCodingsThatComeTogetherAreOneForTheTarget() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        serveBoth(counting((request, connection) -> {
            RawTarget.awaitUninterrupted(goOn);
            connection.send(page("Vary: Accept-Encoding"));
        }));
        List<String> codings = List.of("gzip", "br", "zstd", "identity");
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            clients.add(client().send(RawClient.head("GET", "/", "Accept-Encoding: " + codings.get(i % 4))));
        }
        Http2Client http2 = http2();
        List<Http2Client.Sent> streams = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            streams.add(http2.begin("GET", "/", true, "accept-encoding", codings.get(i % 4)));
        }
        waitUntilSomeWait(79);

        goOn.countDown();

        Map<String, byte[]> bodies = new HashMap<>();
        for (int i = 0; i < 40; i++) {
            String coding = codings.get(i % 4);
            RawMessage first = clients.get(i).read();
            Http2Client.Response second = streams.get(i).response();
            byte[] body = bodies.computeIfAbsent(coding, none -> first.body());
            assertThat(first.body()).as(coding).isEqualTo(body);
            assertThat(second.body()).as(coding).isEqualTo(body);
            assertThat(second.fields().get("vary")).isEqualTo("Accept-Encoding");
        }
        for (String coding : codings.subList(0, 3)) {
            assertThat(Decoded.whole(coding, bodies.get(coding)))
                    .asString(ISO_8859_1)
                    .isEqualTo(TEXT);
        }
        assertThat(new String(bodies.get("identity"), ISO_8859_1)).isEqualTo(TEXT);
        assertThat(asked).hasValue(1);
    }

    /** Which takes several turns of the lane. */
    @Test
    void aLargeBodyIsReadByOthersWhileItIsCompressed() throws Exception {
        byte[] noise = new byte[900_000];
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < noise.length; i++) {
            noise[i] = (byte) ('a' + random.nextInt(20));
        }
        String large = new String(noise, ISO_8859_1);
        serveBoth(counting(pageOf(large)));
        client().get("/");
        Http2Client.Sent stream = http2().begin("GET", "/", true, "accept-encoding", "gzip");
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            clients.add(client().send(RawClient.head("GET", "/", GZIP)));
        }

        byte[] made = clients.get(0).read().body();

        assertThat(Decoded.whole("gzip", made)).asString(ISO_8859_1).isEqualTo(large);
        assertThat(stream.response().body()).isEqualTo(made);
        for (RawClient client : clients.subList(1, 12)) {
            assertThat(client.read().body()).isEqualTo(made);
        }
        assertThat(client().get("/", GZIP).field("Content-Length")).isEqualTo(String.valueOf(made.length));
        assertThat(http2().get("/", "accept-encoding", "gzip").body()).isEqualTo(made);
    }

    @Test
    void whatAClientLeavesBehindIsMadeForTheOthers() throws Exception {
        String large = TEXT.repeat(200);
        serveBoth(counting(pageOf(large)));
        client().get("/");
        long before = store.weight();

        client().send(RawClient.head("GET", "/", GZIP)).close();

        RawMessage hit = client().get("/", GZIP);
        assertThat(Decoded.text(hit)).isEqualTo(large);
        eventually("it is weighed", () -> store.weight() >= before + hit.body().length);
    }

    @Test
    void whoLeavesWhileTheBodyIsComingKeepsNobodyFromIt() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        RequestLog log = new RequestLog();
        proxy = start(caching().cacheStore(store).listener(log));
        serveBoth(inTwo(goOn), streamed());
        RawClient first = client().send(RawClient.head("GET", "/"));
        first.readHead();
        RawClient second = client().send(RawClient.head("GET", "/", GZIP));
        assertThat(second.readHead().field("Cache-Status")).contains("collapsed");
        RawClient third = client().send(RawClient.head("GET", "/", GZIP));

        second.close();
        log.next();
        goOn.countDown();

        RawMessage whole = third.read();
        assertThat(Decoded.text(whole)).isEqualTo(TEXT);
        assertThat(client().get("/", GZIP).body()).isEqualTo(whole.body());
        assertThat(asked).hasValue(1);
    }

    @Test
    void theProxyStopsThoughABodyIsBeingCompressed() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        serveBoth(inTwo(goOn), streamed());
        client().send(RawClient.head("GET", "/")).readHead();
        RawClient second = client().send(RawClient.head("GET", "/", GZIP));
        assertThat(second.readHead().field("Content-Encoding")).isEqualTo("gzip");

        proxy.stop();

        assertThat(second.readToEndOrReset()).doesNotContain("\r\n0\r\n");
        goOn.countDown();
    }

    @Test
    void whatBreaksOffIsNeitherWholeNorStored() throws Exception {
        serveBoth(
                counting((request, connection) -> {
                    String whole = page();
                    connection.send(whole.substring(0, whole.length() - 10));
                    connection.close();
                }),
                streamed());

        String got = client().send(RawClient.head("GET", "/", GZIP)).readToEndOrReset();

        assertThat(got).contains("Content-Encoding: gzip").doesNotEndWith("\r\n0\r\n\r\n");
        assertThat(store.weight()).isZero();
    }

    @Test
    void whatBreaksOffBeforeItIsWholeIsAnErrorIfItIsBuffered() throws Exception {
        serveBoth(counting((request, connection) -> {
            String whole = page();
            connection.send(whole.substring(0, whole.length() - 10));
            connection.close();
        }));

        RawMessage response = client().get("/", GZIP);

        assertThat(response.status()).isEqualTo(502);
        assertThat(response.names()).doesNotContain("content-encoding");
        assertThat(store.weight()).isZero();
    }
}
