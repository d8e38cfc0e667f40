package dev.gapless.proxy.jetty;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import org.junit.jupiter.api.Test;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** WebSockets that are opened by an extended CONNECT (RFC 8441), and what their targets see: an HTTP/1.1 upgrade. */
class WebSocketOverHttp2Test extends ProxyScaffold {
    private static String accept(String key) {
        try {
            byte[] hashed = MessageDigest.getInstance("SHA-1")
                    .digest((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(StandardCharsets.US_ASCII));
            return Base64.getEncoder().encodeToString(hashed);
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private static String switched(RawMessage request) {
        return "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: "
                + accept(request.field("Sec-WebSocket-Key")) + "\r\nSec-WebSocket-Protocol: chat\r\n\r\n";
    }

    private static RawTarget echoing() throws Exception {
        return RawTarget.answeringHeads((request, connection) -> {
            connection.send(switched(request));
            byte[] block = new byte[64 * 1024];
            for (int length = connection.in.read(block); length >= 0; length = connection.in.read(block)) {
                connection.send(new String(block, 0, length, ISO_8859_1));
            }
            connection.close();
        });
    }

    @Test
    void bytesPassBothWaysBetweenTheStreamAndTheTarget() throws Exception {
        RawTarget target = serve(echoing());

        Http2Client.Sent socket = http2().connect(
                        "websocket", "/chat?x=1", "sec-websocket-version", "13", "origin", "http://example.com");

        assertThat(socket.nextStatus()).isEqualTo(200);
        RawMessage asked = target.taken();
        assertThat(asked.startLine()).isEqualTo("GET /chat?x=1 HTTP/1.1");
        assertThat(asked.field("Host")).isEqualTo("example.com");
        assertThat(asked.field("Upgrade")).isEqualTo("websocket");
        assertThat(asked.field("Connection")).isEqualToIgnoringCase("upgrade");
        assertThat(asked.field("Sec-WebSocket-Version")).isEqualTo("13");
        assertThat(asked.field("Origin")).isEqualTo("http://example.com");
        socket.data("one".getBytes(ISO_8859_1), false);
        eventually("it comes back", () -> socket.bodyText().equals("one"));
        socket.data("two".getBytes(ISO_8859_1), true);
        Http2Client.Response whole = socket.response();
        assertThat(whole.text()).isEqualTo("onetwo");
        assertThat(whole.fields().get("sec-websocket-protocol")).isEqualTo("chat");
        assertThat(whole.fields().getFieldNamesCollection())
                .doesNotContain("sec-websocket-accept", "upgrade", "connection", "content-length");
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    @Test
    void whatTheTargetSaysInsteadIsPassedOn() throws Exception {
        serve(RawTarget.answering("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno"));

        Http2Client.Response answer = http2().connect("websocket", "/chat").response();

        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.text()).isEqualTo("no");
    }

    @Test
    void anAnswerThatWouldMeanAnOpenWebSocketIsNotPassedOn() throws Exception {
        serve(RawTarget.answering(RawTarget.OK));

        assertThat(http2().connect("websocket", "/chat").response().status()).isEqualTo(502);
    }

    @Test
    void otherProtocolsAreNotImplemented() throws Exception {
        serve(echoing());

        assertThat(http2().connect("connect-udp", "/x").response().status()).isEqualTo(501);
    }

    @Test
    void aClientThatResetsItsStreamClosesTheTargetsConnection() throws Exception {
        RawTarget target = serve(echoing());
        Http2Client.Sent socket = http2().connect("websocket", "/chat");
        socket.nextStatus();

        socket.reset();

        eventually("the lease is released", () -> requestsInFlight() == 0);
        eventually("the connection is closed", () -> target.openConnections() == 0);
    }

    @Test
    void aTargetThatBreaksOffResetsTheStream() throws Exception {
        serve(RawTarget.answeringHeads((request, connection) -> {
            connection.send(switched(request));
            connection.in.read();
            connection.reset();
        }));
        Http2Client.Sent socket = http2().connect("websocket", "/chat");
        socket.nextStatus();

        socket.data(new byte[1], false);

        assertThatThrownBy(socket::response).hasMessageContaining("reset");
    }
}
