package dev.gapless.proxy.jetty;

import dev.gapless.proxy.CacheOptions;
import dev.gapless.proxy.CachePurge;
import dev.gapless.proxy.CacheUse;
import dev.gapless.proxy.HeaderOptions;
import dev.gapless.proxy.HeaderRules;
import dev.gapless.proxy.RequestSummary;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.eclipse.jetty.http.HttpField;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Answers from the cache, as clients see them over sockets. */
class CacheTest extends CacheScaffold {
    @Test
    void aFreshResponseAnswersTheNextRequest() throws Exception {
        serveCached(counting(fresh("one", "Content-Type: text/plain")));

        RawMessage first = client().get("/a?b=1");
        RawMessage second = client().get("/a?b=1");

        assertThat(first.text()).isEqualTo("one");
        assertThat(first.field("X-Cache")).isEqualTo("miss");
        assertThat(first.field("Cache-Status")).isEqualTo("Gapless; fwd=uri-miss; stored");
        assertThat(second.startLine()).startsWith("HTTP/1.1 200");
        assertThat(second.text()).isEqualTo("one");
        assertThat(second.field("Content-Type")).isEqualTo("text/plain");
        assertThat(second.field("X-Cache")).isEqualTo("hit");
        assertThat(second.field("Age")).isEqualTo("0");
        assertThat(asked).hasValue(1);
    }

    @Test
    void aHitComesOverHttp2AsWell() throws Exception {
        serveCached(counting(fresh("one")));
        client().get("/");
        time.advance(Duration.ofSeconds(10));

        Http2Client.Response hit = http2().get("/");

        assertThat(hit.text()).isEqualTo("one");
        assertThat(hit.fields().get("age")).isEqualTo("10");
        assertThat(hit.fields().get("x-cache")).isEqualTo("hit");
        assertThat(hit.fields().stream().map(HttpField::getLowerCaseName))
                .contains("content-length", "date")
                .doesNotContain("connection");
        assertThat(asked).hasValue(1);
    }

    @Test
    void hitsOnOneHttp2ConnectionAllSayWhatIsStored() throws Exception {
        serveCached(counting(fresh("one", "ETag: \"v1\"", "X-Name: Zo\u00eb")));
        client().get("/");
        Http2Client client = http2();

        for (int age = 0; age < 3; age++) {
            Http2Client.Response hit = client.get("/");

            assertThat(hit.fields().get("x-cache")).isEqualTo("hit");
            assertThat(hit.fields().get("age")).isEqualTo(Integer.toString(age));
            assertThat(hit.fields().get("etag")).isEqualTo("\"v1\"");
            assertThat(hit.fields().getValuesList("content-length")).containsExactly("3");
            assertThat(client.get("/").fields()).isEqualTo(hit.fields());
            time.advance(Duration.ofSeconds(1));
        }
    }

    @Test
    void aHitHasTheBytesOfTheFieldsThatTheTargetHasSent() throws Exception {
        serveCached(counting(fresh("one", "X-Name: Zo\u00eb", "X-Tabbed: a\tb", "X-Empty:", "x-lower: c")));

        RawMessage miss = client().get("/");
        RawMessage hit = client().get("/");

        for (String name : List.of("X-Name", "X-Tabbed", "X-Empty", "x-lower")) {
            assertThat(hit.field(name)).as(name).isNotNull().isEqualTo(miss.field(name));
        }
        assertThat(hit.names()).contains("x-cache", "age", "cache-status").doesNotHaveDuplicates();
    }

    @Test
    void hitsSayHowOldTheResponseIsByThen() throws Exception {
        serveCached(counting(fresh("one")));
        client().get("/");

        int age = 0;
        for (int seconds : List.of(0, 0, 1, 29, 0)) {
            time.advance(Duration.ofSeconds(seconds));
            age += seconds;
            RawMessage hit = client().get("/");

            assertThat(hit.field("Age")).isEqualTo(Integer.toString(age));
            assertThat(hit.field("Cache-Status")).isEqualTo("Gapless; hit; ttl=" + (60 - age));
        }
        assertThat(asked).hasValue(1);
    }

    @Test
    void aServiceWithoutTheOptionIsNotCached() throws Exception {
        proxy = start(caching());
        serve(counting(fresh("one")));

        client().get("/");
        RawMessage second = client().get("/");

        assertThat(second.names()).doesNotContain("x-cache", "cache-status", "age");
        assertThat(asked).hasValue(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"no-store", "private", "max-age=0", "no-cache, max-age=60"})
    void whatMayNotBeUsedIsAskedForAgain(String control) throws Exception {
        serveCached(counting(response(200, "one", "Cache-Control: " + control)));

        client().get("/");
        RawMessage second = client().get("/");

        assertThat(second.field("X-Cache")).isEqualTo("miss");
        assertThat(second.text()).isEqualTo("one");
        assertThat(asked).hasValue(2);
    }

    @Test
    void aStaleResponseIsValidated() throws Exception {
        RawTarget target = serveCached(counting((request, connection) -> connection.send(
                request.field("If-None-Match") == null
                        ? fresh("one", "ETag: \"v1\"")
                        : "HTTP/1.1 304 X\r\nETag: \"v1\"\r\nCache-Control: max-age=60\r\n\r\n")));
        client().get("/");
        target.taken();
        time.advance(Duration.ofSeconds(61));

        RawMessage validated = client().get("/");
        RawMessage hit = client().get("/");

        assertThat(target.taken().field("If-None-Match")).isEqualTo("\"v1\"");
        assertThat(validated.status()).isEqualTo(200);
        assertThat(validated.text()).isEqualTo("one");
        assertThat(validated.field("Cache-Status")).isEqualTo("Gapless; fwd=stale; fwd-status=304");
        assertThat(hit.text()).isEqualTo("one");
        assertThat(hit.field("Age")).isEqualTo("0");
        assertThat(asked).hasValue(2);
    }

    @Test
    void whatTheTargetSaysAnewReplacesWhatIsStored() throws Exception {
        serveCached(counting(
                (request, connection) -> connection.send(fresh("v" + asked.get(), "ETag: \"v" + asked.get() + "\""))));
        client().get("/");
        time.advance(Duration.ofSeconds(61));

        assertThat(client().get("/").text()).isEqualTo("v2");
        assertThat(client().get("/").text()).isEqualTo("v2");
        assertThat(asked).hasValue(2);
    }

    /** RFC 9111, section 4.3.3: a 304 that is for another validator than that of what is stored. */
    @Test
    void aTargetThatChangesItsMindIsAskedOnceMore() throws Exception {
        serveCached(counting((request, connection) -> connection.send(
                request.field("If-None-Match") == null
                        ? fresh("v" + asked.get(), "ETag: \"v" + asked.get() + "\"")
                        : "HTTP/1.1 304 X\r\nETag: \"other\"\r\n\r\n")));
        client().get("/");
        time.advance(Duration.ofSeconds(61));

        RawMessage response = client().get("/");

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.text()).isEqualTo("v3");
        assertThat(asked).hasValue(3);
    }

    @Test
    void aClientThatHasItIsToldSo() throws Exception {
        serveCached(counting(fresh("one", "ETag: \"v1\"", "X-Other: 1")));
        client().get("/");
        RawClient client = client();

        RawMessage notModified = client.get("/", "If-None-Match: \"v1\"");
        RawMessage next = client.get("/");

        assertThat(notModified.status()).isEqualTo(304);
        assertThat(notModified.field("ETag")).isEqualTo("\"v1\"");
        assertThat(notModified.names()).doesNotContain("content-length", "x-other");
        assertThat(next.text()).isEqualTo("one");
        assertThat(http2().get("/", "if-none-match", "\"v1\"").status()).isEqualTo(304);
        assertThat(asked).hasValue(1);
    }

    @Test
    void aPartIsCutFromTheWhole() throws Exception {
        serveCached(counting(fresh("0123456789", "ETag: \"v1\"")));
        client().get("/");
        RawClient client = client();

        RawMessage part = client.get("/", "Range: bytes=2-5");
        RawMessage beyond = client.get("/", "Range: bytes=20-");
        Http2Client.Response suffix = http2().get("/", "range", "bytes=-3");

        assertThat(part.status()).isEqualTo(206);
        assertThat(part.field("Content-Range")).isEqualTo("bytes 2-5/10");
        assertThat(part.field("Content-Length")).isEqualTo("4");
        assertThat(part.text()).isEqualTo("2345");
        assertThat(beyond.status()).isEqualTo(416);
        assertThat(beyond.field("Content-Range")).isEqualTo("bytes */10");
        assertThat(beyond.field("Content-Length")).isEqualTo("0");
        assertThat(suffix.status()).isEqualTo(206);
        assertThat(suffix.text()).isEqualTo("789");
        assertThat(asked).hasValue(1);
    }

    @Test
    void headIsAnsweredFromWhatGetHasGot() throws Exception {
        serveCached(counting(fresh("one")));
        client().get("/");
        RawClient client = client();

        RawMessage head = client.send(RawClient.head("HEAD", "/")).readHead();
        RawMessage next = client.get("/");

        assertThat(head.status()).isEqualTo(200);
        assertThat(head.field("Content-Length")).isEqualTo("3");
        assertThat(head.field("X-Cache")).isEqualTo("hit");
        assertThat(next.text()).isEqualTo("one");
        Http2Client.Response overHttp2 = http2().begin("HEAD", "/", true).response();
        assertThat(overHttp2.fields().get("content-length")).isEqualTo("3");
        assertThat(overHttp2.body()).isEmpty();
        assertThat(asked).hasValue(1);
    }

    @Test
    void variantsAreKeptApart() throws Exception {
        serveCached(counting((request, connection) ->
                connection.send(fresh("in " + request.field("Accept-Language"), "Vary: Accept-Language"))));

        client().get("/", "Accept-Language: de");
        client().get("/", "Accept-Language: en");

        assertThat(client().get("/", "Accept-Language: de").text()).isEqualTo("in de");
        assertThat(client().get("/", "Accept-Language: en").text()).isEqualTo("in en");
        assertThat(asked).hasValue(2);
    }

    /** The target does not get it, so that its answer is not the one for those who send it. */
    @Test
    void aFieldThatGoesNoFurtherSelectsNothing() throws Exception {
        serveCached(counting((request, connection) ->
                connection.send(fresh("in " + request.field("Accept-Language"), "Vary: Accept-Language"))));

        client().get("/", "Accept-Language: de", "Connection: Accept-Language");

        assertThat(client().get("/", "Accept-Language: de").text()).isEqualTo("in de");
        assertThat(client().get("/").text()).isEqualTo("in null");
        assertThat(asked).hasValue(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/a%2Fb", "/a/b?x=1;y=2", "/a/b?", "/A/b"})
    void urlsThatATargetMayTellApartShareNothing(String other) throws Exception {
        serveCached(counting((request, connection) -> connection.send(fresh(request.requestTarget()))));

        client().get("/a/b");

        assertThat(client().get(other).text()).isEqualTo(other);
        assertThat(client().get("/a/b").text()).isEqualTo("/a/b");
        assertThat(asked).hasValue(2);
    }

    @Test
    void aHostInAnotherFieldPoisonsNothing() throws Exception {
        serveCached(counting((request, connection) -> connection.send(fresh(request.field("X-Forwarded-Host")))));

        client().get("/", "X-Forwarded-Host: evil.example");

        assertThat(client().get("/").text()).isEqualTo("example.com");
        assertThat(client().get("/", "X-Forwarded-Host: evil.example").text()).isEqualTo("evil.example");
        assertThat(asked).hasValue(2);
    }

    @Test
    void anUnsafeMethodMakesInvalidWhatIsStored() throws Exception {
        serveCached(counting((request, connection) -> connection.send(fresh("v" + asked.get()))));
        client().get("/");

        RawMessage posted = client().send(RawClient.head("POST", "/", "Content-Length: 1") + "x")
                .read();

        assertThat(posted.field("X-Cache")).isEqualTo("bypass");
        assertThat(client().get("/").text()).isEqualTo("v3");
    }

    @Test
    void aBodyOfUnknownLengthMakesInvalidToo() throws Exception {
        serveCached(counting((request, connection) -> connection.send(fresh("v" + asked.get()))));
        client().get("/");

        client().send(RawClient.head("POST", "/", "Transfer-Encoding: chunked") + "1\r\nx\r\n0\r\n\r\n")
                .read();

        assertThat(client().get("/").text()).isEqualTo("v3");
    }

    @Test
    void aResponseOfUnknownLengthIsStoredWithOne() throws Exception {
        serveCached(counting("HTTP/1.1 200 X\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3\r\none\r\n0\r\n\r\n"));

        RawMessage first = client().get("/");
        RawMessage second = client().get("/");

        assertThat(first.text()).isEqualTo("one");
        assertThat(first.field("Transfer-Encoding")).isEqualTo("chunked");
        assertThat(second.text()).isEqualTo("one");
        assertThat(second.field("Content-Length")).isEqualTo("3");
        assertThat(second.names()).doesNotContain("transfer-encoding");
    }

    @Test
    void trailersReachTheClientOfTheTarget() throws Exception {
        serveCached(counting("HTTP/1.1 200 X\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3\r\none\r\n0\r\nX-Sum: 7\r\n\r\n"));

        assertThat(client().get("/").trailers()).containsExactly("X-Sum: 7");
    }

    @Test
    void theServicesOwnChangesAreOnAnswersFromTheCache() throws Exception {
        serveCached(
                counting(fresh("one", "Server: own/1", "X-Internal: 1")),
                cached().headers(HeaderOptions.builder()
                                .responseRules(HeaderRules.builder()
                                        .remove("X-Internal")
                                        .set("X-Frame-Options", "DENY")
                                        .build())
                                .build())
                        .build());
        client().get("/");

        RawMessage hit = client().get("/");

        assertThat(hit.field("X-Cache")).isEqualTo("hit");
        assertThat(hit.field("Server")).isEqualTo("own/1");
        assertThat(hit.field("X-Frame-Options")).isEqualTo("DENY");
        assertThat(hit.names()).doesNotContain("x-internal");
    }

    @Test
    void onlyIfCachedAsksNoTarget() throws Exception {
        serveCached(counting(fresh("one")));

        assertThat(client().get("/", "Cache-Control: only-if-cached").status()).isEqualTo(504);
        assertThat(asked).hasValue(0);
    }

    @Test
    void aClientThatClosesIsToldThatTheConnectionCloses() throws Exception {
        serveCached(counting(fresh("one")));
        client().get("/");

        RawClient client = client();
        RawMessage hit = client.get("/", "Connection: close");

        assertThat(hit.field("Connection")).isEqualTo("close");
        assertThat(client.readToEnd()).isEmpty();
    }

    @Test
    void aLongBodyIsTheSameFromTheCache() throws Exception {
        String body = "0123456789abcdef".repeat(20_000);
        serveCached(counting(fresh(body)));

        assertThat(client().get("/").text()).isEqualTo(body);
        assertThat(client().get("/").text()).isEqualTo(body);
        assertThat(http2().get("/").text()).isEqualTo(body);
        assertThat(asked).hasValue(1);
    }

    @Test
    void aBodyThatIsTooLongPasses() throws Exception {
        String body = "x".repeat(3000);
        serveCached(
                counting(fresh(body)),
                cached(CacheOptions.builder().maxObjectBytes(2000).build()).build());

        assertThat(client().get("/").text()).isEqualTo(body);
        assertThat(client().get("/").field("Cache-Status")).contains("detail=too-large");
        assertThat(asked).hasValue(2);
    }

    @Test
    void aBodyThatTurnsOutToBeTooLongPassesWhole() throws Exception {
        String part = "y".repeat(0x4000);
        StringBuilder chunks = new StringBuilder();
        for (int i = 0; i < 64; i++) {
            chunks.append("4000\r\n").append(part).append("\r\n");
        }
        serveCached(
                counting("HTTP/1.1 200 X\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
                        + "0\r\n\r\n"),
                cached(CacheOptions.builder().maxObjectBytes(100_000).build()).build());

        assertThat(client().get("/").body()).hasSize(64 * 0x4000);
        assertThat(client().get("/").body()).hasSize(64 * 0x4000);
        assertThat(asked).hasValue(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 300000", "Transfer-Encoding: chunked"})
    void aLargeBodyComesWholeAndInPartsHoweverItsLengthWasTold(String framing) throws Exception {
        String body = new Random(7)
                .ints(300_000, 'a', 'z')
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        String sent = framing.startsWith("Transfer") ? "493e0\r\n" + body + "\r\n0\r\n\r\n" : body;
        serveCached(counting("HTTP/1.1 200 X\r\nCache-Control: max-age=60\r\n" + framing + "\r\n\r\n" + sent));
        client().get("/");

        assertThat(client().get("/").text()).isEqualTo(body);
        assertThat(http2().get("/").text()).isEqualTo(body);
        assertThat(client().get("/", "Range: bytes=131000-140000").text()).isEqualTo(body.substring(131_000, 140_001));
        assertThat(http2().get("/", "range", "bytes=-20000").text()).isEqualTo(body.substring(280_000));
        assertThat(asked).hasValue(1);
    }

    @Test
    void aFullCacheForgetsAndGoesOn() throws Exception {
        proxy = start(caching().cacheMemory(64 << 10));
        serveCached(counting((request, connection) -> connection.send(fresh("z".repeat(10_000)))));

        for (int i = 0; i < 50; i++) {
            assertThat(client().get("/" + i).body()).hasSize(10_000);
        }

        assertThat(asked).hasValue(50);
        assertThat(client().get("/new").status()).isEqualTo(200);
    }

    @Test
    void purgesTakeWhatTheyName() throws Exception {
        serveCached(counting((request, connection) -> connection.send(fresh(
                "v" + asked.get(), "Cache-Tag: t" + request.requestTarget().length()))));
        for (String path : List.of("/a/1", "/a/22", "/b/1")) {
            client().get(path);
        }

        assertThat(proxy.services().purge(CachePurge.ofService("app").withTag("t5")))
                .isEqualTo(1);
        assertThat(proxy.services().purge(CachePurge.ofService("app").withPathPrefix("/a")))
                .isEqualTo(1);
        assertThat(proxy.services().purge(CachePurge.ofService("other"))).isZero();
        assertThat(proxy.services().purge(CachePurge.everything().withHost("example.com")))
                .isEqualTo(1);
        assertThat(client().get("/b/1").text()).isEqualTo("v4");
    }

    @Test
    void aServiceThatIsRemovedLeavesNothing() throws Exception {
        RawTarget target = serveCached(counting((request, connection) -> connection.send(fresh("v" + asked.get()))));
        client().get("/");

        proxy.services().remove("app");

        assertThat(proxy.services().purge(CachePurge.everything())).isZero();
        deploy("app", cached().build(), target);
        assertThat(client().get("/").text()).isEqualTo("v2");
    }

    @Test
    void theReportSaysWhatTheCacheDid() throws Exception {
        RequestLog log = new RequestLog();
        proxy = start(caching().listener(log));
        RawTarget target = serveCached(counting(fresh("one")));

        client().get("/");
        RequestSummary miss = log.next();
        client().get("/");
        RequestSummary hit = log.next();
        client().send(RawClient.head("DELETE", "/")).read();
        RequestSummary bypass = log.next();

        assertThat(miss.cache()).isEqualTo(CacheUse.MISS);
        assertThat(miss.target()).hasToString(target.address());
        assertThat(miss.responseBytes()).isEqualTo(3);
        assertThat(hit.cache()).isEqualTo(CacheUse.HIT);
        assertThat(hit.target()).isNull();
        assertThat(hit.status()).isEqualTo(200);
        assertThat(hit.responseBytes()).isEqualTo(3);
        assertThat(bypass.cache()).isEqualTo(CacheUse.BYPASS);
    }
}
