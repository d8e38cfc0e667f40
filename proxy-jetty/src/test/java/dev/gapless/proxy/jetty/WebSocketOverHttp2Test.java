package dev.gapless.proxy.jetty;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Pace;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.ServiceOptions;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http2.frames.DataFrame;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.Test;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** WebSockets that are opened by an extended CONNECT (RFC 8441), and what their targets see: an HTTP/1.1 upgrade. */
class WebSocketOverHttp2Test extends ProxyScaffold {
    private static RawTarget echoing() throws Exception {
        return RawTarget.answeringHeads((request, connection) -> {
            connection.send(WebSockets.granted(request, "Sec-WebSocket-Protocol: chat"));
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
            connection.send(WebSockets.granted(request));
            connection.in.read();
            connection.reset();
        }));
        Http2Client.Sent socket = http2().connect("websocket", "/chat");
        socket.nextStatus();

        socket.data(new byte[1], false);

        assertThatThrownBy(socket::response).hasMessageContaining("reset");
    }

    @Test
    void thatItIsPossibleIsAdvertised() throws Exception {
        serve(echoing());

        assertThat(http2().settings()).containsEntry(8, 1); // SETTINGS_ENABLE_CONNECT_PROTOCOL
    }

    @Test
    void connectToAnAuthorityIsRefusedAndTheConnectionGoesOn() throws Exception {
        serve(RawTarget.answering(RawTarget.OK));
        Http2Client http2 = http2();

        assertThat(http2.connect().response().status()).isEqualTo(405);

        assertThat(http2.get("/").status()).isEqualTo(200);
    }

    /** Nothing of a CONNECT is a body (RFC 9110, section 9.3.6): its target would wait for one, and find it in the tunnel. */
    @Test
    void whatTheRequestSaysOfABodyIsNotForTheTarget() throws Exception {
        RawTarget target = serve(echoing());

        Http2Client.Sent socket =
                http2().connect("websocket", "/chat", "content-length", "3", "expect", "100-continue");

        assertThat(socket.nextStatus()).isEqualTo(200);
        assertThat(target.taken().names()).doesNotContain("content-length", "transfer-encoding", "expect");
        socket.data("12345".getBytes(ISO_8859_1), true);
        assertThat(socket.response().text()).isEqualTo("12345");
    }

    @Test
    void aKeyOfTheClientsOwnIsNotForTheTarget() throws Exception {
        RawTarget target = serve(echoing());

        Http2Client.Sent socket = http2().connect("websocket", "/chat", "sec-websocket-key", WebSockets.KEY);

        assertThat(socket.nextStatus()).isEqualTo(200);
        assertThat(target.taken().field("Sec-WebSocket-Key")).isNotEqualTo(WebSockets.KEY);
    }

    @Test
    void aClientThatWillSayNothingGetsToHearItsTarget() throws Exception {
        serve(RawTarget.answeringHeads((request, connection) -> {
            connection.send(WebSockets.granted(request));
            int end = connection.in.read();
            connection.send("the end is " + end);
            connection.close();
        }));

        Http2Client.Sent socket = http2().connect("websocket", "/chat", true);

        assertThat(socket.nextStatus()).isEqualTo(200);
        assertThat(socket.response().text()).isEqualTo("the end is -1");
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    @Test
    void trailersEndWhatTheClientSays() throws Exception {
        serve(echoing());
        Http2Client.Sent socket = http2().connect("websocket", "/chat");
        socket.nextStatus();

        socket.data("all".getBytes(ISO_8859_1), false)
                .trailers(HttpFields.build().put("x", "y"));

        assertThat(socket.response().text()).isEqualTo("all");
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    @Test
    void whatComesBeforeTheTargetHasAnsweredIsNotLost() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        serve(RawTarget.answeringHeads((request, connection) -> {
            RawTarget.awaitUninterrupted(goOn);
            connection.send(WebSockets.granted(request));
            connection.send(connection.in.readAllBytes());
            connection.close();
        }));
        byte[] early = "0123456789abcdef".repeat(200 * 64).getBytes(ISO_8859_1);
        Http2Client.Sent socket = http2().connect("websocket", "/chat");

        socket.data(early, true);
        assertThat(socket.awaitsHead()).isTrue();
        goOn.countDown();

        assertThat(socket.response().text()).isEqualTo(new String(early, ISO_8859_1));
    }

    @Test
    void whatFollowsARefusalDisturbsNobody() throws Exception {
        serve(RawTarget.answering((request, connection) -> connection.send(
                request.names().contains("upgrade")
                        ? "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno"
                        : RawTarget.OK)));
        Http2Client http2 = http2();

        for (int i = 0; i < 20; i++) {
            Http2Client.Sent socket = http2.connect("websocket", "/chat");
            socket.stream()
                    .data(new DataFrame(socket.stream().getId(), ByteBuffer.allocate(60_000), false), Callback.NOOP);
            assertThat(socket.response().status()).isEqualTo(403);
        }

        byte[] body = new byte[900_000];
        assertThat(http2.begin("POST", "/", false).data(body, true).response().status())
                .as("with what is left of the window of the connection")
                .isEqualTo(200);
    }

    /** Both are for bodies, which a tunnel has none of. */
    @Test
    void neitherTheLimitNorThePaceOfBodiesCutsATunnel() throws Exception {
        Pace fast = new Pace(1_000_000, Duration.ofMillis(100));
        serve(
                echoing(),
                ServiceOptions.builder()
                        .bodies(BodyOptions.builder()
                                .maxRequestBytes(1)
                                .maxResponseBytes(1)
                                .requestPace(fast)
                                .responsePace(fast)
                                .build())
                        .build());
        Http2Client.Sent socket = http2().connect("websocket", "/chat");
        socket.nextStatus();

        // Who is measured by the same pace is told when its time is over.
        assertThat(client().send(RawClient.head("POST", "/", "Content-Length: 1"))
                        .read()
                        .status())
                .isEqualTo(408);

        socket.data("much more than that".getBytes(ISO_8859_1), true);
        assertThat(socket.response().text()).isEqualTo("much more than that");
    }

    @Test
    void itIsReportedWithItsBytesWhenItEnds() throws Exception {
        RequestLog log = new RequestLog();
        proxy = start(loopback().listener(log));
        serve(echoing());
        Http2Client.Sent socket = http2().connect("websocket", "/chat?x=1");
        socket.nextStatus();
        assertThat(log.isEmpty()).isTrue();

        socket.data("12345".getBytes(ISO_8859_1), true);
        socket.response();

        RequestSummary summary = log.next();
        assertThat(summary.status()).isEqualTo(200);
        assertThat(summary.protocol()).isEqualTo("HTTP/2.0");
        assertThat(summary.path()).isEqualTo("/chat");
        assertThat(summary.requestBytes()).isEqualTo(5);
        assertThat(summary.responseBytes()).isEqualTo(5);
        assertThat(summary.failure()).isNull();
    }
}
