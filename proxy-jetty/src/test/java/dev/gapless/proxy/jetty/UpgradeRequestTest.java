package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/** Requests that ask for another protocol in a way that nobody should, and what becomes of what follows them. */
class UpgradeRequestTest extends TunnelScaffold {
    private static final String NEXT = RawClient.head("GET", "/next");

    private RawTarget http;

    /** A target that speaks HTTP alone. */
    @BeforeEach
    void serveHttp() throws IOException {
        proxy = start(listening());
        http = serve(RawTarget.answering(RawTarget.OK), overEachWire().build());
    }

    static Stream<Arguments> wishesThatAreNone() {
        return Stream.of(
                arguments("Connection without Upgrade", RawClient.head("GET", "/x", "Connection: upgrade")),
                arguments("an empty Upgrade", RawClient.head("GET", "/x", "Connection: upgrade", "Upgrade:")),
                arguments("an Upgrade of nothing", RawClient.head("GET", "/x", "Connection: upgrade", "Upgrade: , ,")),
                arguments(
                        "HTTP/1.0",
                        "GET /x HTTP/1.0\r\nHost: a\r\nConnection: upgrade, keep-alive\r\nUpgrade: websocket\r\n\r\n"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wishesThatAreNone")
    void aWishThatIsNoneIsNotPassedOn(String what, String request) throws Exception {
        RawClient client = client();

        assertThat(client.send(request + NEXT).read().status()).isEqualTo(200);
        assertThat(client.read().status()).isEqualTo(200);

        assertThat(http.taken().names()).doesNotContain("upgrade", "connection");
        assertThat(http.taken().requestTarget()).isEqualTo("/next");
    }

    /** The server takes it for a try to speak HTTP/2. */
    @Test
    void anUpgradeThatConnectionDoesNotNameIsMalformed() throws Exception {
        RawClient client = client();

        assertThat(client.send(RawClient.head("GET", "/x", "Upgrade: websocket") + NEXT)
                        .read()
                        .status())
                .isEqualTo(400);

        assertThat(client.read()).isNull();
        assertThat(http.hasTakenNone()).isTrue();
    }

    private static String webSocket(String method, String key, String... more) {
        return RawClient.head(
                method,
                "/x",
                Stream.concat(
                                Stream.of("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"),
                                Stream.concat(Stream.of(key).filter(line -> !line.isEmpty()), Stream.of(more)))
                        .toArray(String[]::new));
    }

    static Stream<Arguments> unsoundWebSockets() {
        String key = "Sec-WebSocket-Key: " + WebSockets.KEY;
        return Stream.of(
                arguments("no key", webSocket("GET", "")),
                arguments("an empty key", webSocket("GET", "Sec-WebSocket-Key:")),
                arguments("a key of 15 bytes", webSocket("GET", "Sec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1")),
                arguments("a key of 17 bytes", webSocket("GET", "Sec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Njc=")),
                arguments("a key without padding", webSocket("GET", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ")),
                arguments("a key that is no Base64", webSocket("GET", "Sec-WebSocket-Key: ????????????????????????")),
                arguments("a key twice", webSocket("GET", key, key)),
                arguments("two keys", webSocket("GET", key, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")),
                arguments("two keys in one", webSocket("GET", key + ", AAAAAAAAAAAAAAAAAAAAAA==")),
                arguments("POST", webSocket("POST", key)),
                arguments("HEAD", webSocket("HEAD", key)),
                arguments("a body of a length", webSocket("GET", key, "Content-Length: 3") + "abc"),
                arguments("a body in chunks", webSocket("GET", key, "Transfer-Encoding: chunked") + "0\r\n\r\n"),
                arguments("another protocol beside it", webSocket("GET", key, "Upgrade: other")),
                arguments("itself twice", webSocket("GET", key, "Upgrade: websocket")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("unsoundWebSockets")
    void aWebSocketThatTwoMightReadDifferentlyIsRefusedAndEndsTheConnection(String what, String request)
            throws Exception {
        RawClient client = client();

        client.send(request + NEXT);

        assertThat(client.readHead().status()).isEqualTo(400);
        assertThat(client.readToEnd()).doesNotContain("HTTP/1.1");
        assertThat(http.hasTakenNone()).isTrue();
    }

    @Test
    void aWebSocketOfAVersionThatTheTargetDoesNotKnowIsTheTargetsToRefuse() throws Exception {
        RawMessage answer = client().send(RawClient.head(
                        "GET",
                        "/x",
                        "Connection: Upgrade",
                        "Upgrade: websocket",
                        "Sec-WebSocket-Version: 8",
                        "Sec-WebSocket-Key: " + WebSockets.KEY))
                .read();

        assertThat(answer.status()).isEqualTo(200);
        assertThat(http.taken().field("Sec-WebSocket-Version")).isEqualTo("8");
    }

    @ParameterizedTest
    @ValueSource(strings = {"h2c", "H2C", "\"h2c\"", "h2c,h2c", " ,h2c, "})
    void http2IsNotOfferedHoweverItIsWritten(String protocols) throws Exception {
        RawClient client = client();

        client.send(RawClient.head(
                        "GET",
                        "/x",
                        "Connection: Upgrade, HTTP2-Settings",
                        "Upgrade: " + protocols,
                        "HTTP2-Settings: AA")
                + NEXT);

        assertThat(client.read().status()).isEqualTo(200);
        assertThat(client.read().status()).isEqualTo(200);
        assertThat(http.taken().names()).doesNotContain("upgrade", "http2-settings", "connection");
    }

    @Test
    void ofSeveralProtocolsThoseArePassedOnThatAreNotHttp2() throws Exception {
        client().get("/x", "Connection: Upgrade", "Upgrade: h2c, one", "Upgrade: two/2");

        assertThat(http.taken().field("Upgrade")).isEqualTo("one, two/2");
    }

    /** What follows is no tunnel's, as the target has not opened one, and must not be smuggled past the proxy as if it were. */
    @ParameterizedTest
    @ValueSource(strings = {"websocket", "other"})
    void whatFollowsAnUpgradeThatWasNotGrantedIsTheNextRequest(String protocol) throws Exception {
        RawClient client = client();
        String asked = RawClient.head(
                "GET", "/x", "Connection: Upgrade", "Upgrade: " + protocol, "Sec-WebSocket-Key: " + WebSockets.KEY);

        client.send(asked + RawClient.head("GET", "/second", "X-Forwarded-For: smuggled") + NEXT);

        for (int i = 0; i < 3; i++) {
            assertThat(client.read().status()).isEqualTo(200);
        }
        http.taken();
        RawMessage second = http.taken();
        assertThat(second.requestTarget()).isEqualTo("/second");
        assertThat(second.names()).contains("x-request-id", "x-forwarded-host");
        assertThat(http.taken().requestTarget()).isEqualTo("/next");
        assertThat(http.usedConnections()).isEqualTo(1);
    }

    @Test
    void aBodyThatLooksLikeAnAnswerIsABody() throws Exception {
        String body = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n";
        RawClient client = client();

        client.send(RawClient.head(
                        "POST", "/x", "Connection: Upgrade", "Upgrade: other", "Content-Length: " + body.length())
                + body
                + NEXT);

        assertThat(client.read().status()).isEqualTo(200);
        assertThat(client.read().status()).isEqualTo(200);
        assertThat(http.taken().text()).isEqualTo(body);
        assertThat(http.taken().requestTarget()).isEqualTo("/next");
    }

    static Stream<Arguments> ambiguousBodies() {
        return Stream.of(
                arguments("a length and chunks", "Content-Length: 3\r\nTransfer-Encoding: chunked"),
                arguments("two lengths", "Content-Length: 3\r\nContent-Length: 4"),
                arguments("a coding that is not chunked", "Transfer-Encoding: identity"),
                arguments("chunks twice", "Transfer-Encoding: chunked, chunked"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ambiguousBodies")
    void anUpgradeWithABodyThatCanBeReadInTwoWaysIsRefused(String what, String lines) throws Exception {
        RawClient client = client();

        client.send(RawClient.head("POST", "/x", "Connection: Upgrade", "Upgrade: other", lines) + "0\r\n\r\n" + NEXT);

        assertThat(client.readHead().status()).isEqualTo(400);
        assertThat(client.readToEnd()).doesNotContain("HTTP/1.1");
        assertThat(http.hasTakenNone()).isTrue();
    }

    @Test
    void connectIsRefusedAndEndsTheConnection() throws Exception {
        RawClient client = client();

        client.send(
                "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" + NEXT);

        assertThat(client.readHead().status()).isEqualTo(405);
        assertThat(client.readToEnd()).doesNotContain("HTTP/1.1");
        assertThat(http.hasTakenNone()).isTrue();
    }
}
