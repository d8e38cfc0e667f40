package dev.gapless.proxy.jetty;

import dev.gapless.proxy.HeaderOptions;
import dev.gapless.proxy.HeaderRules;
import dev.gapless.proxy.ServiceOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.zip.GZIPOutputStream;
import org.eclipse.jetty.http.HttpField;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

/** What the client gets to see of the target's response. */
class ResponseTest extends ProxyScaffold {
    private static final int LARGE = 20 * 1024 * 1024;

    private RawMessage responseTo(String fromTarget) throws Exception {
        serve(RawTarget.answering(fromTarget));
        return client().get("/");
    }

    @Test
    void nothingIsInvented() throws Exception {
        RawMessage response = responseTo("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

        assertThat(response.startLine()).isEqualTo("HTTP/1.1 200 OK");
        assertThat(response.fields()).containsExactly("Content-Length: 2");
        assertThat(response.text()).isEqualTo("ok");
    }

    @Test
    void wellKnownValuesKeepTheirCase() throws Exception {
        RawMessage response = responseTo(
                "HTTP/1.1 200 OK\r\nContent-Type: TEXT/Plain; Charset=UTF-8\r\nCache-Control: No-Cache\r\nContent-Length: 0\r\n\r\n");

        assertThat(response.fields()).contains("Content-Type: TEXT/Plain; Charset=UTF-8", "Cache-Control: No-Cache");
    }

    @Test
    void nothingIsInventedOverHttp2() throws Exception {
        serve(RawTarget.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));

        Http2Client.Response response = http2().get("/");

        assertThat(response.fields().stream().map(HttpField::getLowerCaseName)).containsExactly("content-length");
        assertThat(response.text()).isEqualTo("ok");
    }

    /** Item 12 of the notes on Jetty. */
    @Test
    void serverAndDateAreTheTargetsOnce() throws Exception {
        RawMessage response =
                responseTo("HTTP/1.1 200 OK\r\nServer: own/1\r\nDate: yesterday\r\nContent-Length: 0\r\n\r\n");

        assertThat(response.all("Server")).containsExactly("own/1");
        assertThat(response.all("Date")).containsExactly("yesterday");
    }

    @Test
    void endToEndFieldsPassAsTheyAre() throws Exception {
        RawMessage response = responseTo(
                "HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/; Odd\r\nset-cookie: b=2\r\n"
                        + "X-Latin: caf\u00e9\r\nX-Empty:\r\nVia: 1.1 inner\r\nContent-Type: text/odd\r\nContent-Length: 0\r\n\r\n");

        assertThat(response.all("Set-Cookie")).containsExactly("a=1; Path=/; Odd", "b=2");
        assertThat(response.field("X-Latin")).isEqualTo("caf\u00e9");
        assertThat(response.field("X-Empty")).isEmpty();
        assertThat(response.field("Via")).isEqualTo("1.1 inner");
        assertThat(response.field("Content-Type")).isEqualTo("text/odd");
    }

    /** Item 4 of the notes on Jetty. */
    @Test
    void hopByHopFieldsGoNoFurther() throws Exception {
        RawMessage response = responseTo("HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Mine\r\nX-Mine: 1\r\n"
                + "Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nUpgrade: h2c\r\nX-Yours: 2\r\n"
                + "Content-Length: 0\r\n\r\n");

        assertThat(response.names()).containsExactlyInAnyOrder("x-yours", "content-length");
    }

    @Test
    void aTargetThatClosesItsConnectionDoesNotCloseTheClients() throws Exception {
        serve(RawTarget.answering("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"));
        RawClient client = client();

        assertThat(client.get("/1").names()).containsExactly("content-length");
        assertThat(client.get("/2").text()).isEqualTo("ok");
    }

    @Test
    void aResponseThatEndsWithItsConnectionIsChunkedForTheClient() throws Exception {
        serve(RawTarget.answering((request, connection) -> {
            connection.send("HTTP/1.1 200 OK\r\n\r\nuntil the end");
            connection.close();
        }));

        RawMessage response = client().get("/");

        assertThat(response.field("Transfer-Encoding")).isEqualTo("chunked");
        assertThat(response.text()).isEqualTo("until the end");
    }

    @Test
    void aChunkedResponseStaysChunked() throws Exception {
        RawMessage response = responseTo(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x\r\n world\r\n0\r\n\r\n");

        assertThat(response.field("Transfer-Encoding")).isEqualTo("chunked");
        assertThat(response.names()).doesNotContain("content-length");
        assertThat(response.text()).isEqualTo("hello world");
    }

    /** Item 9 of the notes on Jetty. */
    @Test
    void trailersReachTheClient() throws Exception {
        RawMessage response = responseTo("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                + "2\r\nok\r\n0\r\nX-Sum: 42\r\nX-Unannounced: yes\r\n\r\n");

        assertThat(response.text()).isEqualTo("ok");
        assertThat(response.field("Trailer")).isEqualTo("X-Sum");
        assertThat(response.trailers()).containsExactlyInAnyOrder("X-Sum: 42", "X-Unannounced: yes");
    }

    @Test
    void trailersOfTheConnectionAndOfFramingStay() throws Exception {
        serve(
                RawTarget.answering(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                + "2\r\nok\r\n0\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nContent-Length: 7\r\nX-Sum: 42\r\n\r\n"));

        assertThat(client().get("/").trailers()).containsExactly("X-Sum: 42");
        assertThat(http2().get("/").trailers().stream().map(HttpField::getLowerCaseName))
                .containsExactly("x-sum");
    }

    /** RFC 9110, section 6.5.1; what {@code Connection} names, section 7.6.1; what targets tell the proxy. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Set-Cookie: a=1",
                "WWW-Authenticate: Basic",
                "Cache-Control: public",
                "Location: /",
                "Content-Type: text/html",
                "X-Mine: 1",
                "X-Accel-Redirect: /secret",
                "X-Accel-Buffering: no",
                "X-Sendfile: /etc/passwd"
            })
    void trailersThatBelongInTheHeadStay(String trailer) throws Exception {
        RawMessage response =
                responseTo("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: X-Mine\r\n\r\n2\r\nok\r\n0\r\n"
                        + trailer + "\r\nETag: \"1\"\r\nServer-Timing: a\r\n\r\n");

        assertThat(response.text()).isEqualTo("ok");
        assertThat(response.trailers()).containsExactly("ETag: \"1\"", "Server-Timing: a");
    }

    @Test
    void trailersCannotSayWhatTheRulesOfAServiceHaveTheProxySay() throws Exception {
        HeaderRules rules =
                HeaderRules.builder().set("X-Frame", "deny").remove("X-Debug").build();
        serve(
                RawTarget.answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "2\r\nok\r\n0\r\nX-Frame: allow\r\nX-Debug: 1\r\nX-Sum: 42\r\n\r\n"),
                ServiceOptions.builder()
                        .headers(HeaderOptions.builder().responseRules(rules).build())
                        .build());

        assertThat(client().get("/").trailers()).containsExactly("X-Sum: 42");
    }

    /** Item 9 of the notes on Jetty. */
    @ParameterizedTest
    @ValueSource(strings = {"2\r\nok\r\n", ""})
    void trailersReachTheClientOverHttp2(String chunks) throws Exception {
        serve(RawTarget.answering(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\ngrpc-status: 0\r\n\r\n"));

        Http2Client.Response response = http2().get("/");

        assertThat(response.text()).isEqualTo(chunks.isEmpty() ? "" : "ok");
        assertThat(response.trailers().get("grpc-status")).isEqualTo("0");
    }

    /** Jetty sends what is not subject to flow control past the content of the same response, if it gets all of it at once. */
    @Test
    void trailersDoNotOvertakeContentThatTheClientHasNoRoomForOverHttp2() throws Exception {
        String content = "x".repeat(5_000);
        serve(RawTarget.answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n" + content
                + "\r\n0\r\ngrpc-status: 0\r\n\r\n"));

        Http2Client.Response response =
                closing(Http2Client.withWindow(proxy.port(), 1_000)).get("/");

        assertThat(response.text()).isEqualTo(content);
        assertThat(response.trailers().get("grpc-status")).isEqualTo("0");
    }

    @Test
    void trailersAreLeftOutForAClientOfHttp10() throws Exception {
        serve(RawTarget.answering(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 42\r\n\r\n"));

        RawMessage response = client().send("GET / HTTP/1.0\r\n\r\n").read();

        assertThat(response.names()).doesNotContain("transfer-encoding");
        assertThat(response.text()).isEqualTo("ok");
    }

    /** Item 13 of the notes on Jetty. */
    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 1234", "Transfer-Encoding: chunked"})
    void aHeadResponseHasTheTargetsHeadAndNoBody(String framing) throws Exception {
        serve(RawTarget.answering("HTTP/1.1 200 OK\r\nX-Mine: 1\r\n" + framing + "\r\n\r\n"));
        RawClient client = client();

        RawMessage first = client.send(RawClient.head("HEAD", "/1")).readHead();
        RawMessage second = client.send(RawClient.head("HEAD", "/2")).readHead();

        assertThat(first.status()).isEqualTo(200);
        assertThat(first.field("X-Mine")).isEqualTo("1");
        assertThat(first.field("Content-Length")).isEqualTo(framing.startsWith("C") ? "1234" : null);
        assertThat(second.startLine()).isEqualTo(first.startLine());
    }

    @Test
    void aHeadResponsePassesOverHttp2() throws Exception {
        serve(RawTarget.answering("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"));

        Http2Client.Response response = http2().begin("HEAD", "/", true).response();

        assertThat(response.fields().get("content-length")).isEqualTo("1234");
        assertThat(response.body()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"204 No Content", "304 Not Modified", "304 Not Modified\r\nContent-Length: 99"})
    void aResponseWithoutABodyLeavesTheConnectionReady(String status) throws Exception {
        serve(RawTarget.answering("HTTP/1.1 " + status + "\r\nETag: \"1\"\r\n\r\n"));
        RawClient client = client();

        RawMessage first = client.send(RawClient.head("GET", "/1")).readHead();
        RawMessage second = client.send(RawClient.head("GET", "/2")).readHead();

        assertThat("HTTP/1.1 " + status).startsWith(first.startLine());
        assertThat(first.field("ETag")).isEqualTo("\"1\"");
        assertThat(first.field("Content-Length")).isEqualTo(status.endsWith("99") ? "99" : null);
        assertThat(second.startLine()).isEqualTo(first.startLine());
    }

    @ParameterizedTest
    @ValueSource(strings = {"204 No Content", "304 Not Modified"})
    void aResponseWithoutABodyGetsNoLengthOverHttp2(String status) throws Exception {
        serve(RawTarget.answering("HTTP/1.1 " + status + "\r\n\r\n"));

        Http2Client.Response response = http2().get("/");

        assertThat(response.fields()).isEmpty();
        assertThat(response.body()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {201, 299, 418, 500, 599, 999})
    void anyStatusPasses(int status) throws Exception {
        assertThat(responseTo("HTTP/1.1 " + status + " Reason\r\nContent-Length: 0\r\n\r\n")
                        .status())
                .isEqualTo(status);
    }

    /** Item 13 of the notes on Jetty. */
    @Test
    void earlyHintsPassBeforeTheResponseAndLeaveTheConnectionOpen() throws Exception {
        serve(RawTarget.answering("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + RawTarget.OK));
        RawClient client = client();

        RawMessage interim = client.send(RawClient.head("GET", "/")).readHead();

        assertThat(interim.startLine()).isEqualTo("HTTP/1.1 103 Early Hints");
        assertThat(interim.fields()).containsExactly("Link: </a>");
        assertThat(client.read().text()).isEqualTo("ok");
        assertThat(client.send(RawClient.head("GET", "/")).readHead().status()).isEqualTo(103);
    }

    @Test
    void aConnectionServesManyRequestsAndSoDoesTheTargets() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));
        RawClient client = client();

        for (int i = 0; i < 100; i++) {
            assertThat(client.get("/").text()).isEqualTo("ok");
        }

        assertThat(target.usedConnections()).isEqualTo(1);
    }

    @Test
    void requestsThatAreSentAtOnceAreAnsweredInOrder() throws Exception {
        serve(RawTarget.answering((request, connection) ->
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + request.requestTarget())));
        RawClient client = client();

        client.send(RawClient.head("GET", "/1") + RawClient.head("GET", "/2") + RawClient.head("GET", "/3"));

        assertThat(client.read().text()).isEqualTo("/1");
        assertThat(client.read().text()).isEqualTo("/2");
        assertThat(client.read().text()).isEqualTo("/3");
    }

    @Test
    void aClientOfHttp10IsLeftAfterItsResponse() throws Exception {
        serve(RawTarget.answering(RawTarget.OK));

        String response = client().send("GET / HTTP/1.0\r\n\r\n").readToEnd();

        assertThat(response).startsWith("HTTP/1.1 200 OK\r\n").endsWith("\r\n\r\nok");
    }

    @Test
    void aClientOfHttp10MayKeepItsConnection() throws Exception {
        serve(RawTarget.answering(RawTarget.OK));
        RawClient client = client();

        RawMessage first =
                client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").read();
        RawMessage second = client.send("GET / HTTP/1.0\r\n\r\n").read();

        assertThat(first.field("Connection")).isEqualToIgnoringCase("keep-alive");
        assertThat(second.text()).isEqualTo("ok");
    }

    @Test
    void aClientThatAsksForItIsLeftAfterItsResponse() throws Exception {
        serve(RawTarget.answering(RawTarget.OK));

        String response =
                client().send(RawClient.head("GET", "/", "Connection: close")).readToEnd();

        assertThat(response).contains("Connection: close").endsWith("\r\n\r\nok");
    }

    /** Items 13 and 19 of the notes on Jetty: each part is sent when it comes, and the head before the first. */
    @Test
    void anEventStreamFlowsAsItComes() throws Exception {
        SynchronousQueue<String> events = new SynchronousQueue<>();
        serve(RawTarget.answering((request, connection) -> {
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            while (true) {
                connection.send("3\r\n" + next(events) + "\r\n");
            }
        }));
        RawClient client = client();

        RawMessage head = client.send(RawClient.head("GET", "/")).readHead();
        assertThat(head.field("Content-Type")).isEqualTo("text/event-stream");
        events.put("one");
        assertThat(client.readBytes(6)).isEqualTo("3\r\none");
        for (String event : List.of("two", "six")) { // Each is sent when the client has the one before.
            events.put(event);
            assertThat(client.readBytes(8)).isEqualTo("\r\n3\r\n" + event);
        }
    }

    private static String next(BlockingQueue<String> events) throws IOException {
        try {
            return events.take();
        } catch (InterruptedException e) {
            throw new InterruptedIOException();
        }
    }

    @Test
    void anEncodedBodyPassesByteForByte() throws Exception {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(zipped)) {
            zip.write("hello".repeat(100).getBytes(ISO_8859_1));
        }
        serve(RawTarget.answering("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " + zipped.size()
                + "\r\n\r\n" + zipped.toString(ISO_8859_1)));

        RawMessage response = client().get("/", "Accept-Encoding: gzip");

        assertThat(response.field("Content-Encoding")).isEqualTo("gzip");
        assertThat(response.body()).isEqualTo(zipped.toByteArray());
    }

    /** Item 15 of the notes on Jetty: the client library neither follows, nor logs in, nor remembers. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "302 Found\r\nLocation: /elsewhere",
                "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"",
                "407 Proxy Authentication Required\r\nX-Mine: 1",
                "200 OK\r\nSet-Cookie: session=1"
            })
    void whatIsForTheClientIsLeftToTheClient(String head) throws Exception {
        RawTarget target = serve(RawTarget.answering("HTTP/1.1 " + head + "\r\nContent-Length: 0\r\n\r\n"));
        RawClient client = client();

        assertThat(client.get("/").status()).isEqualTo(Integer.parseInt(head.substring(0, 3)));
        client.get("/");

        target.taken();
        assertThat(target.taken().names()).doesNotContain("cookie", "authorization");
        assertThat(target.hasTakenNone()).isTrue();
    }

    @Test
    void aLargeResponseArrivesByteForByte() throws Exception {
        byte[] body = serveLarge("Content-Length: " + LARGE + "\r\n\r\n");

        assertThat(client().get("/").body()).isEqualTo(body);
    }

    @Test
    void aLargeResponseArrivesByteForByteOverHttp2() throws Exception {
        byte[] body = serveLarge("Content-Length: " + LARGE + "\r\n\r\n");

        assertThat(http2().get("/").body()).isEqualTo(body);
    }

    private byte[] serveLarge(String framing) throws Exception {
        byte[] body = new byte[LARGE];
        new Random(1).nextBytes(body);
        serve(RawTarget.answering((request, connection) -> {
            connection.send("HTTP/1.1 200 OK\r\n" + framing);
            connection.send(body);
        }));
        return body;
    }

    @Test
    void aHeadOfSixtyThousandBytesPasses() throws Exception {
        String large = "x".repeat(60_000);

        RawMessage response = responseTo("HTTP/1.1 200 OK\r\nX-Large: " + large + "\r\nContent-Length: 2\r\n\r\nok");

        assertThat(response.field("X-Large")).isEqualTo(large);
    }

    /** Were the fields counted for each of them, this would take longer than the client waits. */
    @Test
    void aHeadOfAHundredThousandFieldsPassesQuickly() throws Exception {
        proxy = start(loopback().maxHeaderBytes(1 << 20));
        String fields = "a:\r\n".repeat(100_000);

        RawMessage response = responseTo("HTTP/1.1 200 OK\r\n" + fields + "Content-Length: 2\r\n\r\nok");

        assertThat(response.all("a")).hasSize(100_000);
        assertThat(response.text()).isEqualTo("ok");
    }

    @Test
    void aHeadOfSixtyThousandBytesPassesOverHttp2() throws Exception {
        String large = "x".repeat(60_000);
        serve(RawTarget.answering("HTTP/1.1 200 OK\r\nX-Large: " + large + "\r\nContent-Length: 2\r\n\r\nok"));

        assertThat(http2().get("/").fields().get("X-Large")).isEqualTo(large);
    }
}
