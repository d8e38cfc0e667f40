package dev.gapless.proxy.jetty;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.jetty.AnyClient.Protocol;
import dev.gapless.proxy.jetty.AnyClient.Sent;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.eclipse.jetty.io.EndPoint;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Responses that say something now and then, or nothing for long, until their client leaves. */
class EventStreamTest extends AnyClientScaffold {
    private static final int MOMENTS = 4_000;

    /** How a target says where its events end. */
    enum Framing {
        CHUNKED,
        TO_THE_END,
        /** With a length that it will never reach, as some do. */
        WITH_A_LENGTH;

        private String head() {
            String type = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
            return switch (this) {
                case CHUNKED -> type + "Transfer-Encoding: chunked\r\n\r\n";
                case TO_THE_END -> type + "\r\n";
                case WITH_A_LENGTH -> type + "Content-Length: 2000000000\r\n\r\n";
            };
        }

        private String event(String text) {
            return this == CHUNKED ? Integer.toHexString(text.length()) + "\r\n" + text + "\r\n" : text;
        }
    }

    /** Of which a client that does not read leaves much with the proxy. */
    private static final String LONG_RESPONSE = Framing.WITH_A_LENGTH.head() + "x".repeat(10_000_000);

    /** Ways to leave. */
    enum Way {
        LEAVE,
        DISCONNECT
    }

    private final RequestLog log = new RequestLog();
    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();

    static Stream<Arguments> protocolsAndFramings() {
        return Pairs.of(Protocol.values(), Framing.values());
    }

    static Stream<Arguments> protocolsAndWays() {
        return Pairs.of(Protocol.values(), Way.values());
    }

    private RawTarget serveEvents(Protocol protocol, Framing framing) throws Exception {
        return serveEvents(protocol, framing, withAndWithoutTls());
    }

    /** A target that sends the head of its response, and then each event that it is given. */
    private RawTarget serveEvents(Protocol protocol, Framing framing, ServiceOptions.Builder options) throws Exception {
        return serve(
                protocol,
                RawTarget.answeringHeads((request, connection) -> {
                    connection.send(framing.head());
                    while (true) {
                        connection.send(framing.event(nextEvent()));
                    }
                }),
                options);
    }

    private String nextEvent() throws IOException {
        try {
            return events.take();
        } catch (InterruptedException e) {
            throw new InterruptedIOException();
        }
    }

    private void assertPasses(Sent stream, String event) throws Exception {
        events.put(event);
        assertThat(stream.next(event.length())).isEqualTo(event);
    }

    @ParameterizedTest
    @MethodSource("protocolsAndFramings")
    void theHeadAndEachEventPassWhenTheyCome(Protocol protocol, Framing framing) throws Exception {
        serveEvents(protocol, framing);

        Sent stream = client(protocol).get("/");

        assertThat(stream.nextHead().all("content-type")).containsExactly("text/event-stream");
        for (int i = 0; i < 20; i++) { // Each is sent when the client has the one before.
            assertPasses(stream, "data: " + "x".repeat(i * i) + i + "\n\n");
        }
        assertPasses(stream, "\n");
    }

    @ParameterizedTest
    @EnumSource
    void whatIsBufferedOtherwiseIsNoMatter(Protocol protocol) throws Exception {
        BodyOptions full = BodyOptions.builder()
                .requestBuffering(Buffering.FULL)
                .responseBuffering(Buffering.FULL)
                .build();
        serveEvents(protocol, Framing.CHUNKED, withAndWithoutTls().bodies(full));

        Sent stream = client(protocol)
                .begin("POST", "/", false, "Content-Length", "5")
                .data("hello", true);

        assertThat(stream.nextHead().status()).isEqualTo(200);
        assertPasses(stream, "data: 1\n\n");
        assertPasses(stream, "data: 2\n\n");
    }

    @ParameterizedTest
    @MethodSource("protocolsAndFramings")
    void aStreamEndsAsItsTargetEndsIt(Protocol protocol, Framing framing) throws Exception {
        serve(protocol, RawTarget.answering((request, connection) -> {
            connection.send(framing.head());
            connection.send(framing.event("data: 1\n\n"));
            connection.send(nextEvent());
            if (framing == Framing.TO_THE_END || request.requestTarget().equals("/broken")) {
                connection.close();
            }
        }));
        AnyClient client = client(protocol);
        if (framing != Framing.WITH_A_LENGTH) {
            Sent stream = client.get("/whole");
            assertThat(stream.nextHead().status()).isEqualTo(200);
            assertThat(stream.next(9)).isEqualTo("data: 1\n\n");
            events.put(framing == Framing.CHUNKED ? "0\r\n\r\n" : "");
            assertThat(stream.rest()).isEmpty();
        }
        if (framing != Framing.TO_THE_END) {
            Sent stream = client.get("/broken");
            assertThat(stream.nextHead().status()).isEqualTo(200);
            assertThat(stream.next(9)).isEqualTo("data: 1\n\n");
            events.put("");
            stream.awaitCut();
        }
    }

    @Test
    void trailersFollowWhatCameInParts() throws Exception {
        serve(Protocol.HTTP_1_1, RawTarget.answering((request, connection) -> {
            connection.send(Framing.CHUNKED.head() + "1\r\na\r\n");
            connection.send(nextEvent());
            connection.send(nextEvent());
        }));
        RawClient client = client();

        for (int i = 0; i < 2; i++) {
            RawMessage head = client.send(RawClient.head("GET", "/")).readHead();
            assertThat(head.field("Transfer-Encoding")).isEqualTo("chunked");
            assertThat(client.readBytes(6)).isEqualTo("1\r\na\r\n");
            events.put("10\r\nsixteen letters.\r\n");
            assertThat(client.readBytes(22)).isEqualTo("10\r\nsixteen letters.\r\n");
            events.put("0\r\nX-Sum: 42\r\n\r\n");
            assertThat(client.readBytes(16)).isEqualTo("0\r\nX-Sum: 42\r\n\r\n");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aStreamMayBeSilentForAsLongAsItLikes(Protocol protocol) throws Exception {
        proxy = start(speaking(protocol, loopback().listener(log)));
        serveEvents(protocol, Framing.CHUNKED);
        Sent stream = client(protocol).get("/");

        assertThat(stream.nextHead().status()).isEqualTo(200);
        assertPasses(stream, "data: 1\n\n");
        awaitIdleTimeouts();
        assertPasses(stream, "data: 2\n\n");
        assertThat(log.isEmpty()).isTrue();
    }

    /** An idle time that is over just when something is written has no say in it. */
    @ParameterizedTest
    @EnumSource
    void andSpeakAtAnyMoment(Protocol protocol) throws Exception {
        proxy = start(speaking(protocol, loopback().listener(log)));
        serve(protocol, RawTarget.answering((request, connection) -> {
            connection.send(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: " + MOMENTS + "\r\n\r\n");
            for (int i = 0; i < MOMENTS; i++) {
                connection.send("x");
            }
        }));
        Sent stream = client(protocol).get("/");
        assertThat(stream.nextHead().status()).isEqualTo(200);
        AtomicBoolean over = new AtomicBoolean();
        Thread clock = new Thread(() -> {
            while (!over.get()) {
                expireIdleTimes();
            }
        });
        clock.start();

        try {
            assertThat(stream.rest()).hasSize(MOMENTS);
        } finally {
            over.set(true);
            clock.join();
        }
    }

    private void expireIdleTimes() {
        for (LaneServerConnector listener : proxy.assembly.listeners()) {
            for (EndPoint client : listener.getConnectedEndPoints()) {
                ((LaneServerConnector.ClientEndPoint) client)
                        .onIdleExpired(new TimeoutException("it was idle for long"));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void soMayATargetThatIsPolled(Protocol protocol) throws Exception {
        proxy = start(speaking(protocol, loopback().listener(log)));
        serve(protocol, RawTarget.answering((request, connection) -> connection.send(nextEvent())));
        Sent poll = client(protocol).get("/");
        eventually("the target is asked", () -> requestsInFlight() == 1);

        awaitIdleTimeouts();
        events.put(RawTarget.OK);

        assertThat(poll.nextHead().status()).isEqualTo(200);
        assertThat(poll.rest()).isEqualTo("ok");
    }

    /** As one that is asked for by POST may be, in the middle of a conversation say. */
    @ParameterizedTest
    @EnumSource(names = {"HTTP_2", "HTTP_2_OVER_TLS"})
    void soMayAStreamWhoseRequestHasNotEnded(Protocol protocol) throws Exception {
        proxy = start(speaking(protocol, loopback().listener(log)));
        serveEvents(protocol, Framing.CHUNKED, streams());
        Sent stream = client(protocol).begin("POST", "/", false, "Content-Type", "application/grpc");

        assertThat(stream.nextHead().status()).isEqualTo(200);
        for (int i = 0; i < 2; i++) {
            awaitIdleTimeouts();
            assertPasses(stream, "data: 1\n\n");
            stream.data("more", false);
        }
    }

    /** A client that begins no more requests, as it has another connection for them, still waits for what it has asked for. */
    @ParameterizedTest
    @EnumSource(names = {"HTTP_2", "HTTP_2_OVER_TLS"})
    void soMayAStreamOfAClientThatGoesAway(Protocol protocol) throws Exception {
        proxy = start(speaking(protocol, loopback().listener(log)));
        serveEvents(protocol, Framing.CHUNKED);
        AnyClient.Http2 client = (AnyClient.Http2) client(protocol);
        Sent stream = client.get("/");
        assertThat(stream.nextHead().status()).isEqualTo(200);

        client.connection().goAway();

        awaitIdleTimeouts();
        assertPasses(stream, "data: 1\n\n");
    }

    /** The windows are closed, and there is nothing to send. */
    @ParameterizedTest
    @EnumSource(names = {"HTTP_2", "HTTP_2_OVER_TLS"})
    void soMayAStreamWhoseClientHasNoRoomAtTheMoment(Protocol protocol) throws Exception {
        proxy = start(speaking(protocol, loopback().listener(log)));
        serveEvents(protocol, Framing.CHUNKED);
        AnyClient.Http2 client = (AnyClient.Http2) client(protocol);
        Http2Client.Sent stream = client.connection().begin("GET", "/", true);
        assertThat(stream.nextStatus()).isEqualTo(200);
        stream.holdOff();
        events.put("x".repeat(Http2Client.WINDOW_BYTES));

        awaitIdleTimeouts();

        stream.readOn();
        assertThat(stream.next(Http2Client.WINDOW_BYTES)).hasSize(Http2Client.WINDOW_BYTES);
        events.put("more");
        assertThat(stream.next(4)).isEqualTo("more");
    }

    private static ServiceOptions.Builder streams() {
        return withAndWithoutTls()
                .bodies(BodyOptions.builder()
                        .requestBuffering(Buffering.OFF)
                        .responseBuffering(Buffering.OFF)
                        .build());
    }

    private void startPatiently(Protocol protocol) {
        // Longer than anyone waits here: only the departure itself can be noticed.
        Duration long_ = Duration.ofMinutes(5);
        proxy = start(speaking(
                protocol, loopback().listener(log).clientIdleTimeout(long_).targetIdleTimeout(long_)));
    }

    private static void leave(AnyClient client, Sent stream, Way way) throws Exception {
        if (way == Way.LEAVE) {
            stream.leave();
        } else {
            client.disconnect();
        }
    }

    private void assertNoticed(RawTarget target, int status) throws Exception {
        eventually("the target's connection is closed", () -> target.openConnections() == 0);
        RequestSummary summary = log.next();
        assertThat(summary.status()).isEqualTo(status);
        assertThat(summary.failure()).isNotNull();
        eventually("nothing is in flight", () -> requestsInFlight() == 0);
    }

    @ParameterizedTest
    @MethodSource("protocolsAndWays")
    void whoLeavesASilentStreamIsNoticed(Protocol protocol, Way way) throws Exception {
        startPatiently(protocol);
        RawTarget target = serveLeavable(protocol, Framing.CHUNKED.head() + Framing.CHUNKED.event("data: 1\n\n"));
        AnyClient client = client(protocol);
        Sent stream = client.get("/");
        assertThat(stream.nextHead().status()).isEqualTo(200);
        assertThat(stream.next(9)).isEqualTo("data: 1\n\n");

        leave(client, stream, way);

        assertNoticed(target, 200);
    }

    @ParameterizedTest
    @MethodSource("protocolsAndWays")
    void whoLeavesAStreamOfNothingButItsHeadIsNoticed(Protocol protocol, Way way) throws Exception {
        startPatiently(protocol);
        RawTarget target = serveLeavable(protocol, Framing.TO_THE_END.head());
        AnyClient client = client(protocol);
        Sent stream = client.get("/");
        assertThat(stream.nextHead().status()).isEqualTo(200);

        leave(client, stream, way);

        assertNoticed(target, 200);
    }

    @ParameterizedTest
    @MethodSource("protocolsAndWays")
    void whoLeavesAPollIsNoticed(Protocol protocol, Way way) throws Exception {
        startPatiently(protocol);
        RawTarget target = serveLeavable(protocol, "");
        AnyClient client = client(protocol);
        Sent poll = client.get("/");
        target.taken();

        leave(client, poll, way);

        assertNoticed(target, 499);
    }

    /** The target has answered without waiting for the end of the request. */
    @ParameterizedTest
    @MethodSource("protocolsAndWays")
    void whoLeavesInTheMiddleOfRequestAndStreamIsNoticed(Protocol protocol, Way way) throws Exception {
        startPatiently(protocol);
        RawTarget target =
                serveLeavable(protocol, Framing.CHUNKED.head() + Framing.CHUNKED.event("data: 1\n\n"), streams());
        AnyClient client = client(protocol);
        Sent stream =
                client.begin("POST", "/", false, "Content-Length", "100000").data("hello", false);
        assertThat(stream.nextHead().status()).isEqualTo(200);
        assertThat(stream.next(9)).isEqualTo("data: 1\n\n");

        leave(client, stream, way);

        assertNoticed(target, 200);
    }

    /** One that has closed its window does not have to be written to. */
    @ParameterizedTest
    @MethodSource("protocolsAndWays")
    void whoLeavesWithoutHavingTakenWhatIsThereIsNoticed(Protocol protocol, Way way) throws Exception {
        startPatiently(protocol);
        RawTarget target = serveLeavable(protocol, LONG_RESPONSE);

        leaveWithoutHavingTaken(protocol, way);

        assertNoticed(target, 200);
    }

    /** Some find the proxy in the midst of a write, which is where a connection over TLS comes to its end. */
    @Tag("proof")
    @ParameterizedTest
    @EnumSource
    void howeverManyThatAre(Protocol protocol) throws Exception {
        startPatiently(protocol);
        RawTarget target = serveLeavable(protocol, LONG_RESPONSE);

        for (int i = 0; i < 500; i++) {
            leaveWithoutHavingTaken(protocol, Way.DISCONNECT);

            assertNoticed(target, 200);
        }
    }

    private void leaveWithoutHavingTaken(Protocol protocol, Way way) throws Exception {
        AnyClient client = client(protocol);
        Sent stream = client.get("/");
        if (client instanceof AnyClient.Http2) {
            ((AnyClient.Http2Sent) stream).sent().holdOff();
        }
        assertThat(stream.nextHead().status()).isEqualTo(200);
        leave(client, stream, way);
    }

    /** It is a write that finds that nobody is there any more, and over TLS closes the connection in the middle of it. */
    @ParameterizedTest
    @EnumSource
    void whoLeavesAFloodOfEventsIsNoticed(Protocol protocol) throws Exception {
        startPatiently(protocol);
        String event = Framing.CHUNKED.event("data: 1\n\n");
        RawTarget target = serveLeavable(protocol, Framing.CHUNKED.head() + event.repeat(20_000));
        for (int i = 0; i < 10; i++) {
            AnyClient client = client(protocol);
            Sent stream = client.get("/");
            assertThat(stream.nextHead().status()).isEqualTo(200);

            client.disconnect();

            assertNoticed(target, 200);
        }
    }

    private RawTarget serveLeavable(Protocol protocol, String response) throws Exception {
        return serveLeavable(protocol, response, withAndWithoutTls());
    }

    /** A target that sends this and nothing more; its connection is closed when the proxy closes it. */
    private RawTarget serveLeavable(Protocol protocol, String response, ServiceOptions.Builder options)
            throws Exception {
        return serve(
                protocol,
                RawTarget.answeringHeads((request, connection) -> {
                    connection.send(response);
                    while (!connection.isLeft()) {
                        // Some of the request's body.
                    }
                }),
                options);
    }
}
