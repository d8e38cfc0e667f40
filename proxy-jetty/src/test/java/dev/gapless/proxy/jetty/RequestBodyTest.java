package dev.gapless.proxy.jetty;

import dev.gapless.proxy.HeaderOptions;
import dev.gapless.proxy.HeaderRules;
import dev.gapless.proxy.ServiceOptions;
import java.util.List;
import java.util.Random;
import org.eclipse.jetty.http.HttpFields;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

/** The bodies of requests on their way to the target. */
class RequestBodyTest extends ProxyScaffold {
    private static final int LARGE = 20 * 1024 * 1024;

    private RawTarget target() throws Exception {
        return serve(RawTarget.answering(RawTarget.OK));
    }

    private static byte[] randomBytes(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @Test
    void aBodyWithALengthKeepsItsLength() throws Exception {
        RawTarget target = target();

        client().send(RawClient.head("POST", "/", "Content-Length: 5") + "hello")
                .read();

        RawMessage request = target.taken();
        assertThat(request.field("Content-Length")).isEqualTo("5");
        assertThat(request.names()).doesNotContain("transfer-encoding");
        assertThat(request.text()).isEqualTo("hello");
    }

    @Test
    void anEmptyBodyWithALengthSaysSo() throws Exception {
        RawTarget target = target();

        client().send(RawClient.head("POST", "/", "Content-Length: 0")).read();

        assertThat(target.taken().field("Content-Length")).isEqualTo("0");
    }

    @Test
    void aChunkedBodyIsForwardedChunked() throws Exception {
        RawTarget target = target();

        client().send(RawClient.head("POST", "/", "Transfer-Encoding: chunked")
                        + "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n")
                .read();

        RawMessage request = target.taken();
        assertThat(request.field("Transfer-Encoding")).isEqualTo("chunked");
        assertThat(request.names()).doesNotContain("content-length");
        assertThat(request.text()).isEqualTo("hello world");
    }

    @Test
    void anEmptyChunkedBodyReachesTheTarget() throws Exception {
        RawTarget target = target();

        client().send(RawClient.head("POST", "/", "Transfer-Encoding: chunked") + "0\r\n\r\n")
                .read();

        assertThat(target.taken().body()).isEmpty();
    }

    /** Item 1 of the notes on Jetty. */
    @Test
    void aBodyOfUnknownLengthArrivesOverHttp2() throws Exception {
        RawTarget target = target();

        Http2Client.Response response = http2().begin("POST", "/", false)
                .data("hello ".getBytes(ISO_8859_1), false)
                .data("world".getBytes(ISO_8859_1), true)
                .response();

        assertThat(response.status()).isEqualTo(200);
        RawMessage request = target.taken();
        assertThat(request.field("Transfer-Encoding")).isEqualTo("chunked");
        assertThat(request.text()).isEqualTo("hello world");
    }

    /** As above: the body that turns out to be empty only after the head. */
    @Test
    void anEmptyBodyOfUnknownLengthArrivesOverHttp2() throws Exception {
        RawTarget target = target();

        Http2Client.Response response =
                http2().begin("POST", "/", false).data(new byte[0], true).response();

        assertThat(response.status()).isEqualTo(200);
        assertThat(target.taken().body()).isEmpty();
    }

    @Test
    void aBodyOfKnownLengthKeepsItsLengthOverHttp2() throws Exception {
        RawTarget target = target();

        http2().begin("POST", "/", false, "content-length", "5")
                .data("hello".getBytes(ISO_8859_1), true)
                .response();

        RawMessage request = target.taken();
        assertThat(request.field("Content-Length")).isEqualTo("5");
        assertThat(request.text()).isEqualTo("hello");
    }

    @Test
    void aGetMayHaveABody() throws Exception {
        RawTarget target = target();

        client().send(RawClient.head("GET", "/", "Content-Length: 5") + "hello").read();

        assertThat(target.taken().text()).isEqualTo("hello");
    }

    private RawTarget stream(RawTarget target) {
        return serve(target, streaming());
    }

    @Test
    void aBodyIsForwardedAsItComesNotWhenItIsWhole() throws Exception {
        RawTarget target = stream(RawTarget.answeringHeads((request, connection) -> {
            String begun = new String(connection.in.readNBytes(5), ISO_8859_1);
            connection.send("HTTP/1.1 103 Early Hints\r\nX-Begun: " + begun + "\r\n\r\n");
            String rest = new String(connection.in.readNBytes(5), ISO_8859_1);
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + rest);
        }));
        RawClient client = client();

        client.send(RawClient.head("POST", "/", "Content-Length: 10") + "begin");
        RawMessage interim = client.readHead();
        client.send("ended");

        assertThat(interim.field("X-Begun")).isEqualTo("begin");
        assertThat(client.read().text()).isEqualTo("ended");
        assertThat(target.taken().method()).isEqualTo("POST");
    }

    /** Item 9 of the notes on Jetty. */
    @Test
    void trailersReachTheTarget() throws Exception {
        RawTarget target = target();

        client().send(RawClient.head("POST", "/", "Transfer-Encoding: chunked", "Trailer: X-Sum")
                        + "2\r\nhi\r\n0\r\nX-Sum: 42\r\nX-Unannounced: yes\r\n\r\n")
                .read();

        RawMessage request = target.taken();
        assertThat(request.text()).isEqualTo("hi");
        assertThat(request.field("Trailer")).isEqualTo("X-Sum");
        assertThat(request.trailers()).containsExactlyInAnyOrder("X-Sum: 42", "X-Unannounced: yes");
    }

    /** Item 9 of the notes on Jetty. */
    @Test
    void trailersReachTheTargetOverHttp2() throws Exception {
        RawTarget target = target();

        Http2Client.Response response = http2().begin("POST", "/", false)
                .data("hi".getBytes(ISO_8859_1), false)
                .trailers(HttpFields.build().add("x-sum", "42"))
                .response();

        assertThat(response.status()).isEqualTo(200);
        RawMessage request = target.taken();
        assertThat(request.text()).isEqualTo("hi");
        assertThat(request.trailers()).containsExactly("x-sum: 42");
    }

    @Test
    void trailersOfTheConnectionAndOfFramingStay() throws Exception {
        RawTarget target = target();

        client().send(RawClient.head("POST", "/", "Transfer-Encoding: chunked")
                        + "2\r\nhi\r\n0\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nContent-Length: 7\r\n"
                        + "Host: other\r\nX-Sum: 42\r\n\r\n")
                .read();

        assertThat(target.taken().trailers()).containsExactly("X-Sum: 42");
    }

    /** RFC 9110, section 7.6.1. */
    @Test
    void trailersThatConnectionNamesStay() throws Exception {
        RawTarget target = target();

        assertThat(trailersAt(target, "Connection: X-Mine", "X-Mine: 1", "X-Sum: 42"))
                .containsExactly("X-Sum: 42");
    }

    /** RFC 9110, section 6.5.1: a target that merges them into the head would take them for what was said before the content. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Authorization: Basic YTpi",
                "Cookie: admin=1",
                "Content-Type: text/html",
                "Content-Encoding: gzip",
                "Content-Range: bytes 0-1/2",
                "Cache-Control: no-cache",
                "Expect: 100-continue",
                "If-Match: *",
                "Max-Forwards: 1",
                "Range: bytes=0-0",
                "TE: trailers",
                "Trailer: X-Sum",
                "Transfer_Encoding: chunked",
                "Upgrade: echo"
            })
    void trailersThatBelongInTheHeadStay(String trailer) throws Exception {
        assertThat(trailersAt(target(), "X-A: 1", trailer, "X-Sum: 42")).containsExactly("X-Sum: 42");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "X-Forwarded-For: 10.0.0.1",
                "x-forwarded-proto: https",
                "X_Forwarded_Host: other",
                "X-Forwarded-Port: 443",
                "Forwarded: for=10.0.0.1",
                "X-Request-ID: mine",
                "X-Request-Start: t=1",
                "X-Kamal-Target: other",
                "Gapless-Hops: mine",
                "X-Sendfile-Type: X-Sendfile",
                "X-Accel-Mapping: /=/"
            })
    void trailersCannotSayWhatTheProxySays(String trailer) throws Exception {
        assertThat(trailersAt(target(), "X-A: 1", trailer, "X-Sum: 42")).containsExactly("X-Sum: 42");
    }

    @Test
    void trailersCannotSayWhatTheOptionsOfAServiceHaveTheProxySay() throws Exception {
        HeaderOptions headers = HeaderOptions.builder()
                .clientIpHeader("X-Real-IP")
                .requestRules(HeaderRules.builder()
                        .set("X-Role", "guest")
                        .remove("X-Debug")
                        .add("X-Tag", "1")
                        .build())
                .build();
        RawTarget target = serve(
                RawTarget.answering(RawTarget.OK),
                ServiceOptions.builder().headers(headers).build());

        assertThat(trailersAt(
                        target,
                        "X-A: 1",
                        "X-Real-IP: 10.0.0.1",
                        "X_Role: admin",
                        "x-debug: 1",
                        "X-Tag: 2",
                        "X-Sum: 42"))
                .containsExactly("X-Tag: 2", "X-Sum: 42");
    }

    @Test
    void aBodyWhoseTrailersAllStayIsWhole() throws Exception {
        RawTarget target = target();

        assertThat(trailersAt(target, "X-A: 1", "X-Forwarded-For: 10.0.0.1")).isEmpty();
    }

    /** The trailers that the target gets of a request with a field in its head, and some trailers. */
    private List<String> trailersAt(RawTarget target, String field, String... trailers) throws Exception {
        RawMessage response = client().send(RawClient.head("POST", "/", "Transfer-Encoding: chunked", field)
                        + "2\r\nhi\r\n0\r\n" + String.join("\r\n", trailers) + "\r\n\r\n")
                .read();

        assertThat(response.status()).isEqualTo(200);
        RawMessage request = target.taken();
        assertThat(request.text()).isEqualTo("hi");
        return request.trailers();
    }

    @Test
    void trailersReachTheTargetOfABufferedBodyWithALengthToo() throws Exception {
        RawTarget target = target();

        http2().begin("POST", "/", false, "content-length", "2")
                .data("hi".getBytes(ISO_8859_1), false)
                .trailers(HttpFields.build().add("x-sum", "42"))
                .response();

        RawMessage request = target.taken();
        assertThat(request.text()).isEqualTo("hi");
        assertThat(request.trailers()).containsExactly("x-sum: 42");
    }

    @Test
    void aStreamThatEndsWithItsHeadThoughItHasDeclaredALengthIsMalformed() throws Exception {
        RawTarget target = target();

        try (FrameClient client = FrameClient.to(proxy.port())) {
            client.send(FrameClient.get(1, "/", FrameClient.literal("content-length", "5")));

            assertThat(client.readStatusOf(1)).isEqualTo(400);
        }
        assertThat(target.hasTakenNone()).isTrue();
    }

    @Test
    void aStreamThatEndsWithTrailersBeforeTheLengthThatItHasDeclaredIsMalformed() throws Exception {
        RawTarget target = target();

        try (FrameClient client = FrameClient.to(proxy.port())) {
            client.send(
                    FrameClient.post(1, "/", FrameClient.literal("content-length", "5")),
                    FrameClient.frame(FrameClient.DATA, 0, 1, "abc".getBytes(ISO_8859_1)),
                    FrameClient.frame(
                            FrameClient.HEADERS,
                            FrameClient.END_HEADERS | FrameClient.END_STREAM,
                            1,
                            FrameClient.literal("x-sum", "42")));

            assertThat(client.readStatusOf(1)).isEqualTo(400);
        }
        assertThat(target.hasTakenNone()).isTrue();
    }

    /** Item 7 of the notes on Jetty: the target never sends 100. */
    @Test
    void theProxyItselfAnswersAnExpectation() throws Exception {
        RawTarget target = target();
        RawClient client = client();

        client.send(RawClient.head("POST", "/", "Content-Length: 5", "Expect: 100-continue"));
        RawMessage interim = client.readHead();
        client.send("hello");

        assertThat(interim.status()).isEqualTo(100);
        assertThat(client.read().status()).isEqualTo(200);
        RawMessage request = target.taken();
        assertThat(request.text()).isEqualTo("hello");
        assertThat(request.names()).doesNotContain("expect");
    }

    /** As above: a request that is not admitted is not asked for its body. */
    @Test
    void anExpectationIsNotAnsweredForARequestThatNoServiceTakes() throws Exception {
        proxy = start(loopback());
        RawClient client = client();

        client.send(RawClient.head("POST", "/", "Content-Length: 5", "Expect: 100-continue"));

        assertThat(client.read().status()).isEqualTo(404);
    }

    /** As above: the target's final answer to the head counts. */
    @Test
    void aFinalAnswerInsteadOfTheBodyReachesTheClient() throws Exception {
        String large = "x".repeat(100_000);
        stream(RawTarget.answeringHeads((request, connection) -> {
            connection.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 100000\r\n\r\n" + large);
            connection.isLeft();
        }));
        RawClient client = client();

        client.send(RawClient.head("POST", "/", "Content-Length: 5", "Expect: 100-continue"));
        RawMessage response = client.read();
        response = response.status() == 100 ? client.read() : response;

        assertThat(response.status()).isEqualTo(401);
        assertThat(response.text()).isEqualTo(large);
    }

    @Test
    void aLargeUploadArrivesByteForByte() throws Exception {
        RawTarget target = target();
        byte[] body = randomBytes(LARGE);

        RawMessage response = client().send(RawClient.head("PUT", "/", "Content-Length: " + LARGE))
                .send(body)
                .read();

        assertThat(response.status()).isEqualTo(200);
        assertThat(target.taken().body()).isEqualTo(body);
    }

    @Test
    void aLargeUploadArrivesByteForByteOverHttp2() throws Exception {
        RawTarget target = target();
        byte[] body = randomBytes(LARGE);

        Http2Client.Response response =
                http2().begin("PUT", "/", false).data(body, true).response();

        assertThat(response.status()).isEqualTo(200);
        assertThat(target.taken().body()).isEqualTo(body);
    }
}
