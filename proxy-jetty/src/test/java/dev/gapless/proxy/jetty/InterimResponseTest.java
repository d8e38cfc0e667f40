package dev.gapless.proxy.jetty;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.jetty.AnyClient.Head;
import dev.gapless.proxy.jetty.AnyClient.Protocol;
import dev.gapless.proxy.jetty.AnyClient.Sent;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

/** What a target says before its response. */
class InterimResponseTest extends AnyClientScaffold {
    private static final String HINT = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";

    private static ServiceOptions.Builder streams() {
        return withAndWithoutTls()
                .bodies(BodyOptions.builder()
                        .requestBuffering(Buffering.OFF)
                        .responseBuffering(Buffering.OFF)
                        .build());
    }

    private static void assertOk(Sent sent) throws Exception {
        assertThat(sent.nextHead().status()).isEqualTo(200);
        assertThat(sent.rest()).isEqualTo("ok");
    }

    @ParameterizedTest
    @EnumSource
    void severalHintsPassInOrderAndLeaveTheConnectionOpen(Protocol protocol) throws Exception {
        serveAll(RawTarget.answering("HTTP/1.1 103 Early Hints\r\nLink: </1>\r\n\r\n"
                + "HTTP/1.1 103 Early Hints\r\nlink: </2>\r\nX-Other: 2\r\nX-Other: 3\r\n\r\n"
                + "HTTP/1.1 103\r\n\r\n"
                + RawTarget.OK));
        AnyClient client = client(protocol);

        for (int i = 0; i < 3; i++) {
            Sent sent = client.get("/" + i);
            assertThat(sent.nextHead()).isEqualTo(new Head(103, List.of("link: </1>")));
            assertThat(sent.nextHead()).isEqualTo(new Head(103, List.of("link: </2>", "x-other: 2", "x-other: 3")));
            assertThat(sent.nextHead()).isEqualTo(new Head(103, List.of()));
            assertThat(sent.nextHead()).isEqualTo(new Head(200, List.of("content-length: 2")));
            assertThat(sent.rest()).isEqualTo("ok");
        }
    }

    @ParameterizedTest
    @EnumSource
    void eachHintPassesAtOnce(Protocol protocol) throws Exception {
        List<CountDownLatch> seen = List.of(new CountDownLatch(1), new CountDownLatch(1));
        serveAll(RawTarget.answering((request, connection) -> {
            for (CountDownLatch each : seen) {
                connection.send(HINT);
                RawTarget.awaitUninterrupted(each);
            }
            connection.send(RawTarget.OK);
        }));

        Sent sent = client(protocol).get("/");

        for (CountDownLatch each : seen) {
            assertThat(sent.nextHead().status()).isEqualTo(103);
            each.countDown();
        }
        assertOk(sent);
    }

    @ParameterizedTest
    @EnumSource
    void anInterimResponseOfAnyOtherKindPassesToo(Protocol protocol) throws Exception {
        serveAll(RawTarget.answering("HTTP/1.1 102 Processing\r\nX-Done: 1\r\n\r\n"
                + "HTTP/1.1 104 Upload Resumption Supported\r\nLocation: /upload/1\r\n\r\n"
                + "HTTP/1.1 199 Odd\r\nX-Odd: 1\r\n\r\n"
                + RawTarget.OK));
        AnyClient client = client(protocol);

        for (int i = 0; i < 2; i++) {
            Sent sent = client.get("/" + i);
            List<Head> interim = List.of(sent.nextHead(), sent.nextHead(), sent.nextHead());
            assertThat(interim).extracting(Head::status).containsExactly(102, 104, 199);
            if (protocol.isHttp2()) {
                assertThat(interim.get(1).fields()).containsExactly("location: /upload/1");
            }
            assertOk(sent);
        }
    }

    /** What the target says of its connection is no business of the client's. */
    @ParameterizedTest
    @EnumSource
    void hopByHopFieldsOfAHintGoNoFurther(Protocol protocol) throws Exception {
        serveAll(RawTarget.answering("HTTP/1.1 103 Early Hints\r\nConnection: close, X-Mine\r\nX-Mine: 1\r\n"
                + "Keep-Alive: timeout=5\r\nX-Yours: 2\r\n\r\n" + RawTarget.OK));
        AnyClient client = client(protocol);

        for (int i = 0; i < 2; i++) {
            Sent sent = client.get("/");
            assertThat(sent.nextHead()).isEqualTo(new Head(103, List.of("x-yours: 2")));
            assertOk(sent);
        }
    }

    /** The proxy has answered the expectation of its client itself, if that had any. */
    @ParameterizedTest
    @EnumSource
    void thatTheTargetGoesOnIsNoBusinessOfTheClients(Protocol protocol) throws Exception {
        serveAll(RawTarget.answering(
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\nX: 1\r\n\r\n" + RawTarget.OK));
        AnyClient client = client(protocol);

        assertOk(client.get("/1"));
        assertOk(client.begin("POST", "/2", false, "Content-Length", "2").data("hi", true));
        Sent asking = client.begin("POST", "/3", false, "Content-Length", "2", "Expect", "100-continue");
        assertThat(asking.nextHead().status()).isEqualTo(100);
        assertOk(asking.data("hi", true));
    }

    @ParameterizedTest
    @ValueSource(strings = {"Connection: keep-alive\r\n", ""})
    void aClientOfHttp10GetsNone(String connection) throws Exception {
        serveAll(RawTarget.answering(
                HINT + "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 199 Odd\r\nX: 1\r\n\r\n" + HINT + RawTarget.OK));

        RawClient client = client();
        for (int i = 0; i < (connection.isEmpty() ? 1 : 3); i++) {
            client.send("GET / HTTP/1.0\r\nHost: example.com\r\n" + connection + "\r\n");
            assertThat(client.read().startLine()).isEqualTo("HTTP/1.1 200 OK");
        }
    }

    @Test
    void aClientOfHttp10IsNotAskedForItsBody() throws Exception {
        serveAll(RawTarget.answering(RawTarget.OK));

        RawClient client = client();
        client.send("POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nhi");

        assertThat(client.read().startLine()).isEqualTo("HTTP/1.1 200 OK");
    }

    @ParameterizedTest
    @EnumSource
    void aHintFollowsThatTheClientMayGoOn(Protocol protocol) throws Exception {
        serveAll(
                RawTarget.answeringHeads((request, connection) -> {
                    String begun = new String(connection.in.readNBytes(2), ISO_8859_1);
                    connection.send("HTTP/1.1 103 Early Hints\r\nX-Begun: " + begun + "\r\n\r\n");
                    connection.in.readNBytes(2);
                    connection.send(HINT + RawTarget.OK);
                }),
                streams());
        AnyClient client = client(protocol);

        for (int i = 0; i < 3; i++) {
            Sent sent = client.begin("POST", "/", false, "Content-Length", "4", "Expect", "100-continue");
            assertThat(sent.nextHead().status()).isEqualTo(100);
            sent.data("ab", false);
            assertThat(sent.nextHead()).isEqualTo(new Head(103, List.of("x-begun: ab")));
            sent.data("cd", true);
            assertThat(sent.nextHead().status()).isEqualTo(103);
            assertOk(sent);
        }
    }

    /** The client waits to be asked all the same, and its connection goes on. */
    @ParameterizedTest
    @EnumSource
    void aHintMayComeBeforeTheBody(Protocol protocol) throws Exception {
        serveAll(
                RawTarget.answeringHeads((request, connection) -> {
                    connection.send(HINT);
                    connection.in.readNBytes(2);
                    connection.send(RawTarget.OK);
                }),
                streams());
        AnyClient client = client(protocol);

        for (int i = 0; i < 3; i++) {
            Sent sent = client.begin("POST", "/", false, "Content-Length", "2", "Expect", "100-continue");
            List<Head> interim = new ArrayList<>(List.of(sent.nextHead(), sent.nextHead()));
            assertThat(interim).extracting(Head::status).containsExactlyInAnyOrder(100, 103);
            assertThat(interim).flatExtracting(Head::fields).containsExactly("link: </a.css>; rel=preload");
            assertOk(sent.data("hi", true));
        }
    }

    /** No head of a response has come, so the request may be sent again. */
    @ParameterizedTest
    @EnumSource
    void aTargetMayFailAfterAHint(Protocol protocol) throws Exception {
        AtomicInteger tries = new AtomicInteger();
        serveAll(RawTarget.answering((request, connection) -> {
            connection.send("HTTP/1.1 103 Early Hints\r\nX-Try: " + tries.incrementAndGet() + "\r\n\r\n");
            if (tries.get() == 1) {
                connection.close();
            } else {
                connection.send(RawTarget.OK);
            }
        }));
        AnyClient client = client(protocol);

        Sent sent = client.get("/");
        assertThat(sent.nextHead().fields()).containsExactly("x-try: 1");
        assertThat(sent.nextHead().fields()).containsExactly("x-try: 2");
        assertOk(sent);
        assertThat(client.get("/").finalHead().status()).isEqualTo(200);
    }

    @ParameterizedTest
    @EnumSource
    void aTargetThatOnlyHintsIsABadOne(Protocol protocol) throws Exception {
        serveAll(RawTarget.answering((request, connection) -> {
            connection.send(HINT);
            connection.close();
        }));
        AnyClient client = client(protocol);

        for (int i = 0; i < 2; i++) {
            Sent sent = client.begin("POST", "/", true);
            assertThat(sent.nextHead().status()).isEqualTo(103);
            assertThat(sent.nextHead().status()).isEqualTo(502);
            assertThat(sent.rest()).contains("502");
        }
    }

    @ParameterizedTest
    @EnumSource
    void manyHintsPass(Protocol protocol) throws Exception {
        int count = 1_000;
        serveAll(RawTarget.answering((request, connection) -> {
            connection.send(HINT.repeat(count));
            connection.send(RawTarget.OK);
        }));
        AnyClient client = client(protocol);

        for (int i = 0; i < 2; i++) {
            Sent sent = client.get("/");
            for (int hint = 0; hint < count; hint++) {
                assertThat(sent.nextHead().status()).isEqualTo(103);
            }
            assertOk(sent);
        }
    }

    @ParameterizedTest
    @EnumSource
    void hintsPassBeforeABufferedResponse(Protocol protocol) throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        serveAll(
                RawTarget.answering((request, connection) -> {
                    connection.send(HINT);
                    RawTarget.awaitUninterrupted(seen);
                    connection.send(RawTarget.OK);
                }),
                withAndWithoutTls()
                        .bodies(BodyOptions.builder()
                                .responseBuffering(Buffering.FULL)
                                .build()));

        Sent sent = client(protocol).get("/");

        assertThat(sent.nextHead().status()).isEqualTo(103);
        seen.countDown();
        assertOk(sent);
    }
}
