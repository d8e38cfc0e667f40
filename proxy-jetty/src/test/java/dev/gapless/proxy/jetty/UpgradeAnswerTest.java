package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/** Targets that grant another protocol in a way that nobody should, and what their clients get to see. */
class UpgradeAnswerTest extends TunnelScaffold {
    private static final String OTHER =
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n";
    private static final Duration SHORT = Duration.ofMillis(100);

    private void serveAnswer(Function<RawMessage, String> answer) throws Exception {
        serve(TunnelTarget.answeringHeads(answer), overEachWire());
    }

    /** Asks for a WebSocket; {@return the status of the answer} */
    private int ask(Wire wire) throws Exception {
        if (wire == Wire.HTTP2) {
            return http2().connect("websocket", "/ws").nextStatus();
        }
        TunnelClient.OfConnection client = connection(wire);
        client.send(RawClient.head("GET", "/ws", WebSockets.asked()));
        return client.client().readHead().status();
    }

    private void assertTunnel(TunnelClient client) throws Exception {
        TunnelTarget.End end = target.next();
        client.send("to the target");
        assertThat(end.read(13)).isEqualTo("to the target");
        end.send("to the client").close();
        assertThat(client.readToEnd()).isEqualTo("to the client");
        client.finish();
    }

    static Stream<Arguments> badAnswers() {
        return Stream.of(
                arguments("bytes before it", answer(request -> "garbage\r\n" + WebSockets.granted(request))),
                arguments("a byte before it", answer(request -> "\0" + WebSockets.granted(request))),
                arguments("no Upgrade", changed("Upgrade: websocket", "X: y")),
                arguments("another Upgrade", changed("Upgrade: websocket", "Upgrade: other")),
                arguments("one more Upgrade", changed("Upgrade: websocket", "Upgrade: websocket, other")),
                arguments("an accept of another key", accept(request -> "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")),
                arguments("no accept", changed("Sec-WebSocket-Accept:", "X:")),
                arguments("an empty accept", accept(request -> "")),
                arguments("an accept with something added", changed("\r\n\r\n", "x\r\n\r\n")),
                arguments(
                        "an accept in lower case",
                        accept(request -> valueOfAccept(request).toLowerCase(Locale.ROOT))),
                arguments(
                        "the accept twice",
                        answer(request ->
                                WebSockets.granted(request, "Sec-WebSocket-Accept: " + valueOfAccept(request)))),
                arguments(
                        "two accepts",
                        answer(request -> WebSockets.granted(request, "Sec-WebSocket-Accept: " + WebSockets.ACCEPT))),
                arguments("HTTP/1.0", changed("HTTP/1.1", "HTTP/1.0")),
                arguments(
                        "a head too long", answer(request -> WebSockets.granted(request, "X: " + "x".repeat(70_000)))),
                arguments("a field that is none", answer(request -> WebSockets.granted(request, "no colon"))));
    }

    private static Function<RawMessage, String> answer(Function<RawMessage, String> answer) {
        return answer;
    }

    private static Function<RawMessage, String> changed(String from, String to) {
        return request -> WebSockets.granted(request).replace(from, to);
    }

    private static Function<RawMessage, String> accept(Function<RawMessage, String> value) {
        return request -> WebSockets.granted(request).replace(valueOfAccept(request), value.apply(request));
    }

    private static String valueOfAccept(RawMessage request) {
        return WebSockets.granted(request).replaceAll("(?s).*Accept: ([^\r]*).*", "$1");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badAnswers")
    void anAnswerThatIsNotSoundIsABadGatewayAndEndsTheTargetsConnection(
            String what, Function<RawMessage, String> answer) throws Exception {
        serveAnswer(request -> answer.apply(request) + "what is none of HTTP");

        for (Wire wire : Wire.values()) {
            assertThat(ask(wire)).as("over " + wire).isEqualTo(502);
            assertThat(log.next().status()).isEqualTo(502);
            target.next().awaitLeft();
        }
        eventually("the leases are released", () -> requestsInFlight() == 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "POST", "HEAD"})
    void anAnswerThatNobodyHasAskedForIsABadGateway(String method) throws Exception {
        serveAnswer(request -> OTHER);
        RawClient client = client();

        assertThat(client.send(RawClient.head(method, "/x", "Content-Length: 0"))
                        .readHead()
                        .status())
                .isEqualTo(502);

        target.next().awaitLeft();
    }

    @ParameterizedTest
    @EnumSource
    void fieldsOfABodyAreNotThoseOfATunnel(Wire wire) throws Exception {
        for (String field : new String[] {"Content-Length: 5", "Transfer-Encoding: chunked", "Content-Length: 0"}) {
            serveAnswer(request -> WebSockets.granted(request, field, "X-Passed: on"));

            if (wire == Wire.HTTP2) {
                Http2Client http2 = http2();
                Http2Client.Sent stream = http2.connect("websocket", "/ws");
                assertThat(stream.nextStatus()).isEqualTo(200);
                assertTunnel(new TunnelClient.OfStream(http2, stream));
                assertThat(stream.response().fields().getFieldNamesCollection())
                        .contains("x-passed")
                        .doesNotContain("content-length", "transfer-encoding");
            } else {
                TunnelClient.OfConnection client = connection(wire);
                client.send(RawClient.head("GET", "/ws", WebSockets.asked()));
                RawMessage head = client.client().readHead();
                assertThat(head.status()).isEqualTo(101);
                assertThat(head.names()).contains("x-passed").doesNotContain("content-length", "transfer-encoding");
                assertTunnel(client);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aTargetThatSaysItWillCloseMeansTheEndOfTheTunnel(Wire wire) throws Exception {
        serveAnswer(
                request -> WebSockets.granted(request).replace("Connection: Upgrade", "Connection: Upgrade, close"));

        assertTunnel(open(wire));
    }

    @Test
    void aClientThatSaysItWillCloseMeansTheEndOfTheTunnel() throws Exception {
        serveWebSockets();
        TunnelClient.OfConnection client = connection(Wire.HTTP1);

        client.send(RawClient.head("GET", "/ws", WebSockets.asked("Connection: close")));

        assertThat(client.client().readHead().field("Connection")).startsWithIgnoringCase("upgrade");
        assertTunnel(client);
    }

    @ParameterizedTest
    @EnumSource
    void interimAnswersComeBeforeTheTunnel(Wire wire) throws Exception {
        String interim = "HTTP/1.1 100 Continue\r\n\r\n"
                + "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                + "HTTP/1.1 103 Early Hints\r\nLink: </b>\r\n\r\n";
        serveAnswer(request -> interim + WebSockets.granted(request));

        if (wire == Wire.HTTP2) {
            Http2Client http2 = http2();
            Http2Client.Sent stream = http2.connect("websocket", "/ws");
            assertThat(stream.nextStatus()).isEqualTo(103);
            assertThat(stream.nextStatus()).isEqualTo(103);
            assertThat(stream.nextStatus()).isEqualTo(200);
            assertTunnel(new TunnelClient.OfStream(http2, stream));
        } else {
            TunnelClient.OfConnection client = connection(wire);
            client.send(RawClient.head("GET", "/ws", WebSockets.asked()));
            assertThat(client.client().readHead().field("Link")).isEqualTo("</a>");
            assertThat(client.client().readHead().field("Link")).isEqualTo("</b>");
            assertThat(client.client().readHead().status()).isEqualTo(101);
            assertTunnel(client);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 16 * 1024, 64 * 1024, 200 * 1024})
    void whatComesInOnePieceWithTheAnswerIsNotLost(int length) throws Exception {
        String early = "0123456789abcdef".repeat(length / 16 + 1).substring(0, length);
        serveAnswer(request -> WebSockets.granted(request) + early);

        for (Wire wire : Wire.values()) {
            TunnelClient client = open(wire);
            assertThat(client.read(length)).isEqualTo(early);
            assertTunnel(client);
        }
    }

    @Test
    void anAnswerMayComeInPiecesOfAnySize() throws Exception {
        String answer = WebSockets.granted(
                new RawMessage("GET / HTTP/1.1", List.of("Sec-WebSocket-Key: " + WebSockets.KEY), new byte[0], null));
        serve(TunnelTarget.answeringHeads(request -> ""), overEachWire());
        for (int split = 1; split < answer.length(); split++) {
            TunnelClient.OfConnection client = connection(Wire.HTTP1);
            client.send(RawClient.head("GET", "/ws", WebSockets.asked()));
            TunnelTarget.End end = target.next();

            end.send(answer.substring(0, split)).send(answer.substring(split) + "hello");

            assertThat(client.client().readHead().status()).isEqualTo(101);
            assertThat(client.read(5)).isEqualTo("hello");
            end.close();
            client.close();
        }
    }

    @Test
    void anAnswerMayComeByteByByte() throws Exception {
        serve(TunnelTarget.answeringHeads(request -> ""), overEachWire());
        Http2Client http2 = http2();
        Http2Client.Sent stream = http2.connect("websocket", "/ws");
        TunnelTarget.End end = target.next();

        for (char each : (WebSockets.granted(end.request()) + "hello").toCharArray()) {
            end.send(String.valueOf(each));
        }

        assertThat(stream.nextStatus()).isEqualTo(200);
        assertThat(new TunnelClient.OfStream(http2, stream).read(5)).isEqualTo("hello");
    }

    /** On a machine that stands still for a moment the time is over before the request has been sent. */
    private void askUntilTheTargetIsAsked(Wire wire) throws Exception {
        do {
            assertThat(ask(wire)).isEqualTo(504);
        } while (!target.isAsked());
    }

    @ParameterizedTest
    @EnumSource
    void aTargetThatAnswersNothingIsAGatewayTimeout(Wire wire) throws Exception {
        serve(TunnelTarget.answeringHeads(request -> ""), overEachWire().responseTimeout(SHORT));

        askUntilTheTargetIsAsked(wire);

        target.next().awaitLeft();
        eventually("the lease is released", () -> requestsInFlight() == 0);
        assertThat(log.next().status()).isEqualTo(504);
    }

    @ParameterizedTest
    @EnumSource
    void anAnswerThatComesTooLateIsNone(Wire wire) throws Exception {
        serve(
                TunnelTarget.answeringHeads(request -> "HTTP/1.1 101 "),
                overEachWire().responseTimeout(SHORT));

        askUntilTheTargetIsAsked(wire);

        TunnelTarget.End end = target.next();
        end.awaitLeft();
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    /** The time that it has to answer is not that of the tunnel. */
    @ParameterizedTest
    @EnumSource
    void aTunnelMayBeSilentForLongerThanAnAnswer(Wire wire) throws Exception {
        serveWebSockets(overEachWire().responseTimeout(Duration.ofSeconds(1)));
        TunnelClient client = open(wire);
        TunnelTarget.End end = target.next();

        deploy(
                "slow",
                overSlowPath(),
                closing(TunnelTarget.answeringHeads(request -> "")).target());
        assertThat(client().send(RawClient.head("GET", "/slow")).read().status())
                .isEqualTo(504);

        client.send("x");
        assertThat(end.read(1)).isEqualTo("x");
    }

    private static ServiceOptions overSlowPath() {
        return ServiceOptions.builder()
                .pathPrefix("/slow")
                .responseTimeout(Duration.ofMillis(600))
                .build();
    }

    @ParameterizedTest
    @EnumSource
    void aTargetThatClosesRightAfterItsAnswerEndsTheTunnel(Wire wire) throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        RawTarget leaving = RawTarget.answeringHeads((request, connection) -> {
            connection.send(WebSockets.granted(request) + "bye");
            connection.close();
            closed.countDown();
        });
        proxy = start(listening());
        serve(leaving, overEachWire().build());

        TunnelClient client = open(wire);

        closed.await();
        assertThat(client.readToEnd()).isEqualTo("bye");
        client.close();
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    /** Whether the client gets to see the answer depends on which of the two the proxy sees first. */
    @ParameterizedTest
    @EnumSource
    void aTargetThatResetsRightAfterItsAnswerLeavesNothingOpen(Wire wire) throws Exception {
        RawTarget leaving = RawTarget.answeringHeads((request, connection) -> {
            connection.send(WebSockets.granted(request));
            connection.reset();
        });
        proxy = start(listening());
        serve(leaving, overEachWire().build());

        for (int i = 0; i < 10; i++) {
            assertThat(ask(wire)).isIn(101, 200, 502);
        }

        eventually("the leases are released", () -> requestsInFlight() == 0);
    }

    @ParameterizedTest
    @EnumSource
    void aTargetThatHangsUpWithoutAnAnswerIsABadGateway(Wire wire) throws Exception {
        RawTarget leaving = RawTarget.answeringHeads((request, connection) -> connection.close());
        proxy = start(listening());
        serve(leaving, overEachWire().build());

        assertThat(ask(wire)).isEqualTo(502);

        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    @Test
    void theFieldsOfTheAnswerArePassedOnButNotThoseOfTheConnection() throws Exception {
        serveAnswer(request -> WebSockets.granted(
                        request, "Set-Cookie: a=1", "Set-Cookie: b=2", "Keep-Alive: timeout=5", "X-Named: x")
                .replace("Connection: Upgrade", "Connection: X-Named, upgrade"));

        RawMessage head =
                client().send(RawClient.head("GET", "/ws", WebSockets.asked())).readHead();

        assertThat(head.status()).isEqualTo(101);
        assertThat(head.all("Set-Cookie")).containsExactly("a=1", "b=2");
        assertThat(head.names()).doesNotContain("keep-alive", "x-named");
        assertThat(head.field("Connection")).isEqualToIgnoringCase("upgrade");
    }
}
