package dev.gapless.proxy.jetty;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.CachePurge;
import dev.gapless.proxy.CompressionOptions;
import dev.gapless.proxy.ContentCoding;
import dev.gapless.proxy.HeaderOptions;
import dev.gapless.proxy.HeaderRules;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.cache.MemoryCacheStore;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * A service that is cached and compresses. Of two bodies that were compressed each for itself, the padding would differ, but for a
 * chance of one in a hundred: so those that are compared here are three.
 */
class CachedCompressionTest extends CacheScaffold {
    private static final String TEXT = "All work and no play makes Jack a dull boy.\n".repeat(100);
    private static final String HTML = "Content-Type: text/html";
    private static final String GZIP = "Accept-Encoding: gzip";

    private final MemoryCacheStore store = MemoryCacheStore.ofBytes(64 << 20);

    private static ServiceOptions.Builder both() {
        return cached().compression(CompressionOptions.defaults());
    }

    private RawTarget serveBoth(RawTarget target) {
        return serveBoth(target, both().build());
    }

    private RawTarget serveBoth(RawTarget target, ServiceOptions options) {
        proxy = proxy == null ? start(caching().cacheStore(store)) : proxy;
        return serveCached(target, options);
    }

    private static String page(String... fields) {
        return pageOf(TEXT, fields);
    }

    private static String pageOf(String body, String... fields) {
        List<String> all = new ArrayList<>(List.of(fields));
        all.add(HTML);
        return fresh(body, all.toArray(String[]::new));
    }

    private static String chunked(String body, String... fields) {
        return "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n" + HTML + "\r\nTransfer-Encoding: chunked\r\n"
                + String.join("", List.of(fields)) + "\r\n" + CompressionScaffold.chunk(body) + "0\r\n\r\n";
    }

    @AfterEach
    void noEncoderIsLeft() {
        eventually("every encoder is closed", () -> proxy.assembly.encoders().open() == 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "br", "zstd"})
    void eachCodingIsMadeOnceForAll(String coding) throws Exception {
        serveBoth(counting(page("ETag: \"v1\"", "Accept-Ranges: bytes")));
        RawMessage first = client().get("/", "Accept-Encoding: " + coding);

        for (int i = 0; i < 2; i++) {
            RawMessage hit = client().get("/", "Accept-Encoding: " + coding);
            assertThat(hit.field("X-Cache")).isEqualTo("hit");
            assertThat(hit.field("Content-Encoding")).isEqualTo(coding);
            assertThat(hit.field("Content-Length")).isEqualTo(String.valueOf(hit.body().length));
            assertThat(hit.all("Vary")).containsExactly("Accept-Encoding");
            assertThat(hit.field("ETag")).isEqualTo("W/\"v1\"");
            assertThat(hit.names()).doesNotContain("accept-ranges");
            assertThat(hit.body()).isEqualTo(first.body());
        }
        assertThat(first.field("X-Cache")).isEqualTo("miss");
        assertThat(Decoded.text(first)).isEqualTo(TEXT);
        assertThat(asked).hasValue(1);
    }

    @Test
    void whoAcceptsNoneGetsWhatTheTargetHasSent() throws Exception {
        serveBoth(counting(page("ETag: \"v1\"", "Accept-Ranges: bytes")));
        client().get("/", GZIP);

        for (String accepted : List.of("X: y", "Accept-Encoding: identity", "Accept-Encoding: gzip;q=0")) {
            RawMessage hit = client().get("/", accepted);
            assertThat(hit.text()).isEqualTo(TEXT);
            assertThat(hit.field("ETag")).isEqualTo("\"v1\"");
            assertThat(hit.field("Accept-Ranges")).isEqualTo("bytes");
            assertThat(hit.field("Vary")).isEqualTo("Accept-Encoding");
            assertThat(hit.field("Content-Length")).isEqualTo(String.valueOf(TEXT.length()));
            assertThat(hit.names()).doesNotContain("content-encoding");
        }
        assertThat(asked).hasValue(1);
    }

    @Test
    void aTargetIsAskedForTheBodyAsItIs() throws Exception {
        RawTarget target = serveBoth(counting(page("Vary: Accept-Encoding")));

        RawMessage first = client().get("/", "Accept-Encoding: br, gzip");
        RawMessage second = client().get("/", "Accept-Encoding: gzip");

        assertThat(target.taken().field("Accept-Encoding")).isEqualTo("identity");
        assertThat(first.field("Content-Encoding")).isEqualTo("br");
        assertThat(second.field("Content-Encoding")).isEqualTo("gzip");
        assertThat(second.all("Vary")).containsExactly("Accept-Encoding");
        assertThat(asked).hasValue(1);
    }

    @Test
    void whatIsNotCachedIsAskedForAsItsClientAcceptsIt() throws Exception {
        RawTarget target = serveBoth(counting(RawTarget.OK));
        RawClient client = client();

        client.send(RawClient.head("POST", "/", "Content-Length: 0", GZIP)).read();
        client.get("/", GZIP, "Cache-Control: no-transform");

        assertThat(target.taken().field("Accept-Encoding")).isEqualTo("gzip");
        assertThat(target.taken().field("Accept-Encoding")).isEqualTo("gzip");
    }

    @Test
    void whatMayNotBeStoredIsCompressedForItsClient() throws Exception {
        serveBoth(counting(response(200, TEXT, HTML, "Cache-Control: private")));

        RawMessage response = client().get("/", GZIP);

        assertThat(Decoded.text(response)).isEqualTo(TEXT);
        assertThat(response.field("X-Cache")).isEqualTo("miss");
        assertThat(response.field("Vary")).isEqualTo("Accept-Encoding");
    }

    @Test
    void whatTheTargetHasCompressedIsStoredAsItIs() throws Exception {
        serveBoth(counting(page("Content-Encoding: br", "ETag: \"v1\"")));

        for (String use : List.of("miss", "hit")) {
            RawMessage response = client().get("/", GZIP);
            assertThat(response.field("X-Cache")).isEqualTo(use);
            assertThat(response.field("Content-Encoding")).isEqualTo("br");
            assertThat(response.field("ETag")).isEqualTo("\"v1\"");
            assertThat(response.text()).isEqualTo(TEXT);
            assertThat(response.names()).doesNotContain("vary");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "text/html|4400|true",
                "text/html|1023|false",
                "image/png|4400|false",
                "text/html ~ Cache-Control: no-transform|4400|false",
                "text/html ~ X-Sendfile: /x|4400|false",
            })
    void theRulesAreThoseOfOtherResponses(String type, int length, boolean compressed) throws Exception {
        serveBoth(counting(
                fresh(TEXT.substring(0, length), "Content-Type: " + type.replace(" ~ ", "\r\n"), "ETag: \"v1\"")));

        for (int i = 0; i < 2; i++) {
            RawMessage response = client().get("/", GZIP);
            assertThat(response.field("Content-Encoding")).isEqualTo(compressed ? "gzip" : null);
            assertThat(response.field("Vary")).isEqualTo(compressed ? "Accept-Encoding" : null);
        }
        RawMessage notModified = client().get("/", GZIP, "If-None-Match: \"v1\"");
        assertThat(notModified.status()).isEqualTo(304);
        assertThat(notModified.field("Vary")).isEqualTo(compressed ? "Accept-Encoding" : null);
    }

    @Test
    void rulesForResponsesComeBefore() throws Exception {
        HeaderRules rules =
                HeaderRules.builder().set("Cache-Control", "no-transform").build();
        serveBoth(
                counting(page()),
                both().headers(HeaderOptions.builder().responseRules(rules).build())
                        .build());

        assertThat(client().get("/", GZIP).names()).doesNotContain("content-encoding", "vary");
        assertThat(client().get("/", GZIP).names()).doesNotContain("content-encoding", "vary");
        assertThat(asked).hasValue(1);
    }

    @Test
    void whoHasSecretsGetsBodiesAsTheyAreIfTheOptionsSaySo() throws Exception {
        serveBoth(
                counting(page()),
                cached().compression(CompressionOptions.builder()
                                .authenticated(false)
                                .build())
                        .build());
        client().get("/", GZIP);

        RawMessage hit = client().get("/", GZIP, "Cookie: a=b");

        assertThat(hit.field("X-Cache")).isEqualTo("hit");
        assertThat(hit.text()).isEqualTo(TEXT);
        assertThat(hit.field("Vary")).isEqualTo("Accept-Encoding");
        assertThat(client().get("/", GZIP).field("Content-Encoding")).isEqualTo("gzip");
    }

    @Test
    void aClientOfHttp10GetsTheBodyAsItIs() throws Exception {
        serveBoth(counting(page()));
        client().get("/", GZIP);

        RawMessage hit = client().send(RawClient.head("GET", "/", GZIP).replace("HTTP/1.1", "HTTP/1.0"))
                .read();

        assertThat(hit.field("X-Cache")).isEqualTo("hit");
        assertThat(hit.text()).isEqualTo(TEXT);
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
    void bytesThatCannotBeCompressedComeThrough() throws Exception {
        byte[] noise = new byte[300_000];
        new SplittableRandom(7).nextBytes(noise);
        serveBoth(counting(pageOf(new String(noise, ISO_8859_1))));

        for (String coding : List.of("gzip", "br", "zstd", "gzip", "br", "zstd")) {
            RawMessage response = client().get("/", "Accept-Encoding: " + coding);
            assertThat(Decoded.whole(coding, response.body())).as(coding).isEqualTo(noise);
        }
        assertThat(asked).hasValue(1);
    }

    @Test
    void whatIsCompressedCountsInTheStoreAndGoesWithItsEntry() throws Exception {
        serveBoth(counting(page()));
        client().get("/");
        long before = store.weight();
        byte[] first = client().get("/", GZIP).body();
        assertThat(store.weight()).isBetween(before + first.length, before + first.length + 300);

        proxy.services().purge(CachePurge.everything());

        assertThat(store.weight()).isZero();
        assertThat(client().get("/", GZIP).field("X-Cache")).isEqualTo("miss");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"\"v1\"|\"v1\"", "W/\"v1\"|W/\"v1\"", "\"v0\", W/\"v1\"|W/\"v1\"", "*|\"v1\""})
    void aClientThatHasItIsToldSoWithTheTagThatItKnows(String known, String said) throws Exception {
        serveBoth(counting(page("ETag: \"v1\"")));
        client().get("/", GZIP);

        RawMessage notModified = client().get("/", GZIP, "If-None-Match: " + known);

        assertThat(notModified.status()).isEqualTo(304);
        assertThat(notModified.field("ETag")).isEqualTo(said);
        assertThat(notModified.all("Vary")).containsExactly("Accept-Encoding");
        assertThat(notModified.names()).doesNotContain("content-encoding", "content-length");
        assertThat(asked).hasValue(1);
    }

    @Test
    void theTargetIsAskedByItsOwnTagAndWhatIsCompressedStays() throws Exception {
        RawTarget target = serveBoth(counting((request, connection) -> connection.send(
                request.field("If-None-Match") == null
                        ? page("ETag: \"v1\"")
                        : "HTTP/1.1 304 X\r\nETag: \"v1\"\r\nCache-Control: max-age=60\r\n\r\n")));
        byte[] made = client().get("/", GZIP).body();
        target.taken();
        time.advance(Duration.ofSeconds(61));

        RawMessage validated = client().get("/", GZIP, "If-None-Match: W/\"v0\"");

        RawMessage asks = target.taken();
        assertThat(asks.field("If-None-Match")).isEqualTo("\"v1\"");
        assertThat(asks.field("Accept-Encoding")).isEqualTo("identity");
        assertThat(validated.status()).isEqualTo(200);
        assertThat(validated.field("ETag")).isEqualTo("W/\"v1\"");
        assertThat(validated.field("Content-Length")).isEqualTo(String.valueOf(made.length));
        assertThat(validated.body()).isEqualTo(made);
        assertThat(client().get("/", GZIP).body()).isEqualTo(made);
        assertThat(asked).hasValue(2);
    }

    @Test
    void whatTheTargetSendsAnewIsCompressedAnew() throws Exception {
        serveBoth(counting((request, connection) ->
                connection.send(pageOf(TEXT + asked.get(), "ETag: \"v" + asked.get() + "\""))));
        assertThat(Decoded.text(client().get("/", GZIP))).isEqualTo(TEXT + 1);
        long one = store.weight();
        time.advance(Duration.ofSeconds(61));

        for (int i = 0; i < 3; i++) {
            RawMessage response = client().get("/", GZIP);
            assertThat(Decoded.text(response)).isEqualTo(TEXT + 2);
            assertThat(response.field("ETag")).isEqualTo("W/\"v2\"");
        }
        assertThat(store.weight()).isBetween(one - 150, one + 150);
    }

    @Test
    void theHeadAloneIsThatOfTheWhole() throws Exception {
        serveBoth(counting(page("ETag: \"v1\"", "Accept-Ranges: bytes")));
        client().get("/");
        RawClient client = client();
        String request = RawClient.head("HEAD", "/", GZIP);

        RawMessage before = client.send(request).readHead();
        RawMessage whole = client.get("/", GZIP);
        RawMessage after = client.send(request).readHead();

        for (RawMessage head : List.of(before, after)) {
            assertThat(head.field("Content-Encoding")).isEqualTo("gzip");
            assertThat(head.field("ETag")).isEqualTo("W/\"v1\"");
            assertThat(head.field("Vary")).isEqualTo("Accept-Encoding");
            assertThat(head.names()).doesNotContain("accept-ranges");
        }
        assertThat(before.names()).doesNotContain("content-length");
        assertThat(after.field("Content-Length")).isEqualTo(String.valueOf(whole.body().length));
        assertThat(asked).hasValue(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a strong tag tells it from the compressed one|ETag: \"v1\"|X: y|206",
                "the tag is that of the body as it is|ETag: \"v1\"|If-Range: \"v1\"|206",
                "the tag is that of the compressed one|ETag: \"v1\"|If-Range: W/\"v1\"|200",
                "the date is that of both|ETag: \"v1\"|If-Range: Thu, 01 Jan 2015 00:00:00 GMT|200",
                "a weak tag is that of both|ETag: W/\"v1\"|X: y|200",
                "nothing tells them apart|X: y|X: y|200",
                "nor does the date|X: y|If-Range: Thu, 01 Jan 2015 00:00:00 GMT|200"
            })
    void aRangeIsOneOfTheBodyAsItIsIfTheClientCanTell(String why, String tag, String condition, int status)
            throws Exception {
        serveBoth(counting(page(tag, "Last-Modified: Thu, 01 Jan 2015 00:00:00 GMT")));
        byte[] whole = client().get("/", GZIP).body();

        RawMessage response = client().get("/", GZIP, "Range: bytes=10-19", condition);

        assertThat(response.status()).as(why).isEqualTo(status);
        assertThat(response.all("Vary")).containsExactly("Accept-Encoding");
        if (status == 206) {
            assertThat(response.text()).isEqualTo(TEXT.substring(10, 20));
            assertThat(response.field("ETag")).isEqualTo("\"v1\"");
            assertThat(response.names()).doesNotContain("content-encoding");
        } else {
            assertThat(response.body()).isEqualTo(whole);
            assertThat(response.field("Content-Encoding")).isEqualTo("gzip");
            assertThat(response.names()).doesNotContain("content-range");
        }
        assertThat(asked).hasValue(1);
    }

    @Test
    void rangesOfWhatNobodyGetsCompressedStayRanges() throws Exception {
        serveBoth(counting((request, connection) -> connection.send(
                fresh(TEXT, "Content-Type: " + (request.requestTarget().equals("/i") ? "image/png" : "text/css")))));
        client().get("/i", GZIP);
        client().get("/t", GZIP);

        assertThat(client().get("/i", GZIP, "Range: bytes=10-19").status()).isEqualTo(206);
        assertThat(client().get("/t", "Range: bytes=10-19").status()).isEqualTo(206);
        assertThat(client().get("/t", GZIP, "Range: bytes=9999-").status()).isEqualTo(200);
        assertThat(client().get("/t", "Range: bytes=9999-").status()).isEqualTo(416);
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

    @Test
    void whileTooMuchIsCompressedItGoesAsItIs() throws Exception {
        serveBoth(counting(page("ETag: \"v1\"")));
        client().get("/");
        Encoders encoders = proxy.assembly.encoders();
        List<Encoder> others = new ArrayList<>();
        CompressionOptions options = CompressionOptions.defaults();
        for (Encoder next = encoders.open(ContentCoding.GZIP, options, 1);
                next != null;
                next = encoders.open(ContentCoding.GZIP, options, 1)) {
            others.add(next);
        }

        RawMessage meanwhile = client().get("/", GZIP);
        others.forEach(Encoder::close);
        RawMessage afterwards = client().get("/", GZIP);

        assertThat(meanwhile.text()).isEqualTo(TEXT);
        assertThat(meanwhile.field("ETag")).isEqualTo("\"v1\"");
        assertThat(meanwhile.field("Vary")).isEqualTo("Accept-Encoding");
        assertThat(afterwards.field("Content-Encoding")).isEqualTo("gzip");
    }

    @Test
    void whatIsStaleIsCompressedToo() throws Exception {
        RawTarget target = serveBoth(
                counting(response(200, TEXT, HTML, "Cache-Control: max-age=10, stale-if-error=600", "ETag: \"v1\"")));
        byte[] made = client().get("/", GZIP).body();
        target.close();
        time.advance(Duration.ofSeconds(61));

        RawMessage stale = client().get("/", GZIP);

        assertThat(stale.field("Cache-Status")).contains("fwd=stale");
        assertThat(stale.body()).isEqualTo(made);
        assertThat(asked).hasValue(1);
    }
}
