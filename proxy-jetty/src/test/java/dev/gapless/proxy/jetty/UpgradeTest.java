package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

/** Requests that leave HTTP by {@code Upgrade}: what passes afterwards, and what is refused. */
class UpgradeTest extends ProxyScaffold {
    private static final String SWITCHED =
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";
    private static final String[] ECHO = {"Connection: Upgrade", "Upgrade: echo"};
    private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";
    private static final String ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    private static RawTarget echoing() throws IOException {
        return RawTarget.answeringHeads((request, connection) -> {
            connection.send(SWITCHED);
            byte[] block = new byte[64 * 1024];
            for (int length = connection.in.read(block); length >= 0; length = connection.in.read(block)) {
                connection.send(new String(block, 0, length, ISO_8859_1));
            }
            connection.close();
        });
    }

    @Test
    void bytesPassBothWaysOnceTheTargetHasSwitched() throws Exception {
        RawTarget target = serve(echoing());
        RawClient client = client().send(RawClient.head("GET", "/x", ECHO));

        RawMessage head = client.readHead();

        assertThat(head.status()).isEqualTo(101);
        assertThat(head.field("Upgrade")).isEqualTo("echo");
        assertThat(head.field("Connection")).isEqualToIgnoringCase("upgrade");
        assertThat(head.names()).doesNotContain("content-length", "transfer-encoding");
        assertThat(target.taken().field("Connection")).isEqualToIgnoringCase("upgrade");
        client.send("one");
        assertThat(client.readBytes(3)).isEqualTo("one");
        client.send("two");
        assertThat(client.readBytes(3)).isEqualTo("two");
        assertThat(requestsInFlight()).isEqualTo(1);
    }

    @Test
    void bytesThatFollowTheRequestAtOnceAreNotLost() throws Exception {
        serve(echoing());

        RawClient client = client().send(RawClient.head("GET", "/x", ECHO) + "early");

        assertThat(client.readHead().status()).isEqualTo(101);
        assertThat(client.readBytes(5)).isEqualTo("early");
    }

    @Test
    void bytesThatFollowTheAnswerAtOnceAreNotLost() throws Exception {
        serve(RawTarget.answeringHeads((request, connection) -> {
            connection.send(SWITCHED + "hello");
            connection.in.read();
        }));

        RawClient client = client().send(RawClient.head("GET", "/x", ECHO));

        assertThat(client.readHead().status()).isEqualTo(101);
        assertThat(client.readBytes(5)).isEqualTo("hello");
    }

    @Test
    void aClientThatHasSaidAllStillGetsTheAnswer() throws Exception {
        serve(RawTarget.answeringHeads((request, connection) -> {
            connection.send(SWITCHED);
            String said = new String(connection.in.readAllBytes(), ISO_8859_1);
            connection.send("got " + said);
            connection.close();
        }));
        RawClient client = client().send(RawClient.head("GET", "/x", ECHO));
        client.readHead();

        client.send("all").finishSending();

        assertThat(client.readToEnd()).isEqualTo("got all");
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    @Test
    void muchPassesBothWaysAtOnce() throws Exception {
        serve(echoing());
        RawClient client = client().send(RawClient.head("GET", "/x", ECHO));
        client.readHead();
        byte[] much = "0123456789abcdef".repeat(1 << 18).getBytes(ISO_8859_1);

        client.sending("", much);

        assertThat(client.readBytes(much.length)).isEqualTo(new String(much, ISO_8859_1));
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 204, 400, 403, 426, 503})
    void anAnswerThatDoesNotSwitchIsPassedOn(int status) throws Exception {
        String body = status == 204 ? "" : "Content-Length: 2\r\n\r\nno";
        serve(RawTarget.answering(
                "HTTP/1.1 " + status + " Said\r\nX-From: target\r\n" + (body.isEmpty() ? "\r\n" : body)));
        RawClient client = client();

        RawMessage answer = client.get("/x", ECHO);

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.field("X-From")).isEqualTo("target");
        assertThat(client.get("/next").status()).isEqualTo(status);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Upgrade: other\r\n", "Upgrade: echo, other\r\n", ""})
    void aTargetThatSwitchesToWhatNobodyAskedForIsRefused(String upgrade) throws Exception {
        serve(RawTarget.answering("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\n" + upgrade + "\r\n"));

        assertThat(client().get("/x", ECHO).status()).isEqualTo(502);
    }

    @Test
    void aWebSocketIsOpenedWithTheAcceptThatBelongsToItsKey() throws Exception {
        serve(RawTarget.answeringHeads((request, connection) -> {
            connection.send(
                    "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: "
                            + ACCEPT + "\r\nSec-WebSocket-Protocol: chat\r\n\r\n");
            connection.in.read();
        }));

        RawMessage head =
                client().send(RawClient.head("GET", "/x", webSocket())).readHead();

        assertThat(head.status()).isEqualTo(101);
        assertThat(head.field("Sec-WebSocket-Accept")).isEqualTo(ACCEPT);
        assertThat(head.field("Sec-WebSocket-Protocol")).isEqualTo("chat");
    }

    private static String[] webSocket() {
        return new String[] {
            "Connection: keep-alive, Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: " + KEY
        };
    }

    @Test
    void aWrongAcceptIsRefused() throws Exception {
        serve(RawTarget.answering("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n"));

        assertThat(client().get("/x", webSocket()).status()).isEqualTo(502);
    }

    @Test
    void anUpgradeDoesNotTakeTheConnectionOptionOfTeAway() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));

        client().get("/x", "Connection: Upgrade, TE", "Upgrade: echo", "TE: trailers");

        assertThat(target.taken().field("Connection")).isEqualTo("Upgrade, TE");
    }

    @Test
    void theUpgradeToHttp2IsNotOfferedToTargets() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));

        client().get("/x", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__");

        assertThat(target.taken().names()).doesNotContain("upgrade", "http2-settings");
    }

    @Test
    void aTunnelIsCutAtTheEndOfTheDrain() throws Exception {
        serve(echoing());
        RawClient client = client().send(RawClient.head("GET", "/x", ECHO));
        client.readHead();

        proxy.services().pause("app", java.time.Duration.ofMillis(50), java.time.Duration.ofSeconds(30));

        assertThat(client.readToEnd()).isEmpty();
        assertThat(requestsInFlight()).isZero();
    }

    @Test
    void aTunnelIsReportedWithItsBytesWhenItEnds() throws Exception {
        List<dev.gapless.proxy.RequestSummary> ended = new java.util.concurrent.CopyOnWriteArrayList<>();
        proxy = start(loopback().listener(new dev.gapless.proxy.ProxyListener() {
            @Override
            public void onRequest(dev.gapless.proxy.RequestSummary request) {
                ended.add(request);
            }
        }));
        serve(echoing());
        RawClient client = client().send(RawClient.head("GET", "/x", ECHO));
        client.readHead();
        client.send("12345").finishSending();
        client.readToEnd();

        eventually("it is reported", () -> ended.size() == 1);
        assertThat(ended.get(0).status()).isEqualTo(101);
        assertThat(ended.get(0).requestBytes()).isEqualTo(5);
        assertThat(ended.get(0).responseBytes()).isEqualTo(5);
        assertThat(ended.get(0).failure()).isNull();
    }
}
