package dev.gapless.proxy.jetty;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.ServiceOptions;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.eclipse.jetty.http.HttpFields;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** What reaches targets that speak HTTP/2 in clear text, and what comes back, from clients of either protocol. */
class Http2TargetTest extends TargetScaffold {
    @Test
    void aRequestOverHttp11ReachesATargetOverHttp2() throws Exception {
        Http2Target target = serve(Http2Target.saying("hello"));

        RawMessage response = client().get("/a?b", "X-A: 1");

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.text()).isEqualTo("hello");
        Http2Target.Incoming request = target.taken();
        assertThat(request.method()).isEqualTo("GET");
        assertThat(request.path()).isEqualTo("/a?b");
        assertThat(request.scheme()).isEqualTo("http");
        assertThat(request.fields().get("X-A")).isEqualTo("1");
        assertThat(request.fields().get("X-Kamal-Target")).isEqualTo(target.address());
        assertThat(request.isWhole()).as("ended with its head").isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Example.com:80", "a-b.example:8443", "[::1]:99", "example.com"})
    void theAuthorityIsTheHostThatTheClientSentAndThereIsNoOther(String host) throws Exception {
        Http2Target target = serve(Http2Target.saying("ok"));

        RawMessage response =
                client().send("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n").read();

        assertThat(response.text()).isEqualTo("ok");
        Http2Target.Incoming request = target.taken();
        assertThat(request.authority()).isEqualTo(host);
        assertThat(request.fields().stream().filter(field -> field.is("Host"))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "//evil/x",
                "/a%2Fb//c",
                "/a;b=c?d;e=%&f=%zz",
                "/a|b\"c<d>",
                "/%25%2e%C3%A9",
                "/?",
                "/a?b?c=/d",
                "/\u00C3\u00A9?\u00C3\u00A9"
            })
    void pathAndQueryPassByteForByte(String path) throws Exception {
        Http2Target target = serve(Http2Target.saying("ok"));

        assertThat(client().get(path).text()).isEqualTo("ok");

        assertThat(target.taken().path()).isEqualTo(path);
    }

    @Test
    void aLongPathPasses() throws Exception {
        Http2Target target = serve(Http2Target.saying("ok"));
        String path = "/" + "a".repeat(60_000);

        assertThat(client().get(path).text()).isEqualTo("ok");

        assertThat(target.taken().path()).isEqualTo(path);
    }

    @Test
    void optionsOfTheServerAsAWholePass() throws Exception {
        Http2Target target = serve(Http2Target.saying("ok"));

        assertThat(client().send(RawClient.head("OPTIONS", "*")).read().text()).isEqualTo("ok");

        assertThat(target.taken().path()).isEqualTo("*");
    }

    @Test
    void whatBelongsToTheClientsConnectionStaysThere() throws Exception {
        Http2Target target = serve(Http2Target.saying("ok"));

        client().send(RawClient.head(
                                "POST",
                                "/",
                                "Connection: X-Mine, keep-alive",
                                "X-Mine: 1",
                                "Keep-Alive: timeout=5",
                                "TE: gzip, trailers",
                                "Transfer-Encoding: chunked",
                                "Expect: 100-continue")
                        + "0\r\n\r\n")
                .read();

        HttpFields fields = target.taken().whole().fields();
        assertThat(fields.get("TE")).isEqualTo("trailers");
        for (String name : new String[] {"Connection", "X-Mine", "Keep-Alive", "Transfer-Encoding", "Expect"}) {
            assertThat(fields.get(name)).as(name).isNull();
        }
    }

    @Test
    void cookiesThatTheClientHasSplitAreOneAgain() throws Exception {
        Http2Target target = serve(Http2Target.saying("ok"));

        http2().get("/", "cookie", "a=1", "cookie", "b=2");

        assertThat(target.taken().fields().getValuesList("Cookie")).containsExactly("a=1; b=2");
    }

    @ParameterizedTest
    @CsvSource({"OFF, true", "OFF, false", "FULL, true", "FULL, false"})
    void aLargeBodyPassesBothWays(Buffering buffering, boolean overHttp1) throws Exception {
        ServiceOptions options = ServiceOptions.builder()
                .bodies(BodyOptions.builder()
                        .requestBuffering(buffering)
                        .responseBuffering(buffering)
                        .build())
                .build();
        serve(
                Http2Target.answering(request -> request.whenWhole(() -> {
                    request.respond(200, false);
                    request.data(request.body(), true);
                })),
                options);
        byte[] body = new byte[2_000_000];
        new Random(1).nextBytes(body);

        if (overHttp1) {
            RawClient client = client();
            client.sending(RawClient.head("POST", "/", "Content-Length: " + body.length), body);
            assertThat(client.read().body()).isEqualTo(body);
        } else {
            Http2Client.Sent sent = http2().begin("POST", "/", false);
            sent.data(body, true);
            assertThat(sent.response().body()).isEqualTo(body);
        }
    }

    @Test
    void aDeclaredLengthIsDeclaredToTheTargetAndAnUnknownOneNot() throws Exception {
        Http2Target target =
                serve(Http2Target.answering(request -> request.whenWhole(() -> request.respond("ok"))), streaming());
        RawClient client = client();

        client.send(RawClient.head("POST", "/", "Content-Length: 2") + "hi").read();
        Http2Target.Incoming declared = target.taken().whole();
        client.send(RawClient.head("POST", "/", "Transfer-Encoding: chunked") + "2\r\nhi\r\n0\r\n\r\n")
                .read();
        Http2Target.Incoming unknown = target.taken().whole();

        assertThat(declared.fields().get("Content-Length")).isEqualTo("2");
        assertThat(declared.text()).isEqualTo("hi");
        assertThat(unknown.fields().get("Content-Length")).isNull();
        assertThat(unknown.text()).isEqualTo("hi");
    }

    @Test
    void trailersPassFromAndToAClientOverHttp11() throws Exception {
        Http2Target target = serve(Http2Target.answering(request -> request.whenWhole(() -> {
            request.respond(200, false);
            request.data("yes", false);
            request.trailers("X-Sum", "42");
        })));

        RawMessage response = client().send(RawClient.head("POST", "/", "TE: trailers", "Transfer-Encoding: chunked")
                        + "2\r\nhi\r\n0\r\nX-Check: 1\r\n\r\n")
                .read();

        Http2Target.Incoming request = target.taken();
        assertThat(request.trailers().get("X-Check")).isEqualTo("1");
        assertThat(request.text()).isEqualTo("hi");
        assertThat(response.text()).isEqualTo("yes");
        assertThat(response.trailers()).containsExactly("x-sum: 42");
    }

    @Test
    void trailersPassFromAndToAClientOverHttp2() throws Exception {
        Http2Target target = serve(Http2Target.answering(request -> request.whenWhole(() -> {
            request.respond(200, false, "Content-Length", "3");
            request.data("yes", false);
            request.trailers("X-Sum", "42");
        })));

        Http2Client.Response response = http2().begin("POST", "/", false)
                .data("hi".getBytes(StandardCharsets.US_ASCII), false)
                .trailers(HttpFields.build().add("X-Check", "1"))
                .response();

        assertThat(target.taken().trailers().get("X-Check")).isEqualTo("1");
        assertThat(response.text()).isEqualTo("yes");
        assertThat(response.fields().get("Content-Length")).isEqualTo("3");
        assertThat(response.trailers().get("X-Sum")).isEqualTo("42");
    }

    @Test
    void trailersAfterALengthPassWhereTheBodyIsNotBuffered() throws Exception {
        Http2Target target =
                serve(Http2Target.answering(request -> request.whenWhole(() -> request.respond("ok"))), streaming());
        Http2Client.Sent request = http2().begin("POST", "/", false, "content-length", "2");

        Http2Target.Incoming incoming = target.taken();
        Http2Client.Response response = request.data("hi".getBytes(StandardCharsets.US_ASCII), false)
                .trailers(HttpFields.build().add("X-Check", "1"))
                .response();

        assertThat(response.status()).isEqualTo(200);
        assertThat(incoming.fields().get("Content-Length")).isEqualTo("2");
        assertThat(incoming.text()).isEqualTo("hi");
        assertThat(incoming.trailers().get("X-Check")).isEqualTo("1");
    }

    @Test
    void aBodyWithALengthEndsWhereItsStreamDoes() throws Exception {
        Http2Target target =
                serve(Http2Target.answering(request -> request.whenWhole(() -> request.respond("ok"))), streaming());
        Http2Client.Sent request = http2().begin("POST", "/", false, "content-length", "2");

        Http2Target.Incoming incoming = target.taken();
        Http2Client.Response response = request.data("hi".getBytes(StandardCharsets.US_ASCII), false)
                .data(new byte[0], true)
                .response();

        assertThat(response.status()).isEqualTo(200);
        assertThat(incoming.text()).isEqualTo("hi");
        assertThat(incoming.trailers().size()).isZero();
    }

    enum Client {
        HTTP1,
        HTTP2
    }

    /** The status, and whether a body was announced. */
    private String answerTo(Client client, String method, String path) throws Exception {
        if (client == Client.HTTP1) {
            RawMessage response = client().send(RawClient.head(method, path)).readHead();
            return response.status() + " " + response.field("Content-Length");
        }
        Http2Client.Response response = http2().begin(method, path, true).response();
        assertThat(response.body()).isEmpty();
        return response.status() + " " + response.fields().get("Content-Length");
    }

    @ParameterizedTest
    @EnumSource(Client.class)
    void theLengthThatAHeadIsAnsweredWithPasses(Client client) throws Exception {
        serve(Http2Target.answering(request -> request.respond(200, true, "Content-Length", "1234")));

        assertThat(answerTo(client, "HEAD", "/")).isEqualTo("200 1234");
    }

    @ParameterizedTest
    @EnumSource(Client.class)
    void aHeadWithoutALengthGetsNone(Client client) throws Exception {
        serve(Http2Target.answering(request -> request.respond(200, true)));

        assertThat(answerTo(client, "HEAD", "/")).isEqualTo("200 null");
    }

    @ParameterizedTest
    @EnumSource(Client.class)
    void noContentAndNotModifiedHaveNone(Client client) throws Exception {
        serve(Http2Target.answering(request -> request.respond(request.path().equals("/204") ? 204 : 304, true)));

        assertThat(answerTo(client, "GET", "/204")).isEqualTo("204 null");
        assertThat(answerTo(client, "GET", "/304")).isEqualTo("304 null");
    }

    @Test
    void anInterimResponseIsRelayed() throws Exception {
        serve(Http2Target.answering(request -> {
            request.respond(103, false, "Link", "</a.css>; rel=preload");
            request.respond("ok");
        }));

        Http2Client.Sent sent = http2().begin("GET", "/", true);
        assertThat(sent.nextStatus()).isEqualTo(103);
        assertThat(sent.nextStatus()).isEqualTo(200);
        RawClient client = client().send(RawClient.head("GET", "/"));
        RawMessage hints = client.readHead();

        assertThat(hints.status()).isEqualTo(103);
        assertThat(hints.field("Link")).isEqualTo("</a.css>; rel=preload");
        assertThat(client.read().text()).isEqualTo("ok");
    }

    @Test
    void whoeverWaitsToBeAskedForTheBodyIsAsked() throws Exception {
        Http2Target target =
                serve(Http2Target.answering(request -> request.whenWhole(() -> request.respond(request.text()))));
        RawClient client = client().send(RawClient.head("POST", "/", "Content-Length: 2", "Expect: 100-continue"));

        assertThat(client.readHead().status()).isEqualTo(100);
        assertThat(client.send("hi").read().text()).isEqualTo("hi");
        assertThat(target.taken().fields().get("Expect")).isNull();
    }

    @Test
    void eachPartOfAResponseIsFlushedAsItComes() throws Exception {
        Http2Target target = serve(Http2Target.answering(request -> request.respond(200, false)));
        RawClient client = client().send(RawClient.head("GET", "/"));
        Http2Target.Incoming request = target.taken();

        assertThat(client.readHead().status()).isEqualTo(200);
        request.data("one", false);
        assertThat(client.readBytes(6)).isEqualTo("3\r\none");
        request.data("two!", true);
        assertThat(client.readBytes(9)).isEqualTo("\r\n4\r\ntwo!");
    }

    @Test
    void eachPartOfARequestIsSentAsItComes() throws Exception {
        Http2Target target = serve(Http2Target.answering(request -> {}), streaming());
        RawClient client = client().send(RawClient.head("POST", "/", "Transfer-Encoding: chunked"));
        Http2Target.Incoming request = target.taken();

        client.send("3\r\none\r\n");
        assertThat(request.message()).isEqualTo("one");
        client.send("4\r\ntwo!\r\n");
        assertThat(request.message()).isEqualTo("two!");
    }

    @Test
    void aHeadAsLargeAsMayBePassesBothWays() throws Exception {
        String large = "x".repeat(60_000);
        Http2Target target = serve(Http2Target.answering(request -> request.respond(200, true, "X-Large", large)));

        RawMessage response = client().get("/", "X-Large: " + large);

        assertThat(response.field("X-Large")).isEqualTo(large);
        assertThat(target.taken().fields().get("X-Large")).isEqualTo(large);
    }

    @Test
    void aWebSocketIsABadGatewayAsItsTargetHasNoUpgrades() throws Exception {
        serve(Http2Target.saying("ok"));
        RawClient client = client();

        RawMessage response = client.send(RawClient.head("GET", "/", "Connection: Upgrade", "Upgrade: echo"))
                .read();

        assertThat(response.status()).isEqualTo(502);
        assertThat(client.get("/").text()).isEqualTo("ok");
        assertThat(http2().connect("websocket", "/").response().status()).isEqualTo(502);
    }
}
