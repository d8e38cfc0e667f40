package dev.gapless.proxy.jetty.bodies;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.jetty.Http2Client;
import dev.gapless.proxy.jetty.RawMessage;
import dev.gapless.proxy.jetty.faults.RawClient;
import dev.gapless.proxy.jetty.faults.ScriptedTarget;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

/** Which responses are taken in whole before the client gets them, and that it can tell by the time only. */
class ResponseBufferingTest extends ResponseScaffold {
    private static final String CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

    @Test
    void nothingReachesAClientBeforeTheTargetsLastByte() throws Exception {
        PausingTarget target = deploy(full(), PausingTarget.keepingTheLastByte(LARGE));
        try (RawClient client = client()) {
            client.send(GET);
            awaitSpilled(LARGE - 1);
            assertThat(client.in().available()).isZero();

            target.goOn();

            assertThat(client.readHead()).isEqualTo("HTTP/1.1 200 OK\r\nContent-Length: " + LARGE + "\r\n\r\n");
            Pattern.assertReadFrom(client.in(), 0, LARGE);
        }
    }

    @Test
    void nothingReachesAClientBeforeTheLastChunk() throws Exception {
        PausingTarget target = deploy(full(), PausingTarget.keepingTheEnd(LARGE));
        try (RawClient client = client()) {
            client.send(GET);
            awaitSpilled(LARGE);
            assertThat(client.in().available()).isZero();

            target.goOn();

            assertIdentical(RawMessage.read(client.in()).body(), Pattern.bytes(0, LARGE));
        }
    }

    /** They go to the file many at a time, but not later than the target pauses. */
    @Test
    void aResponseThatComesInTinyChunksIsInTheFileWhenItsTargetPauses() throws Exception {
        int length = MEMORY + 50_000;
        PausingTarget target = deploy(
                full(),
                new PausingTarget(
                        PausingTarget.Part.of(CHUNKED).then(out -> writeChunksOfAByte(out, 0, length - 10)),
                        out -> writeChunksOfAByte(out, length - 10, length),
                        PausingTarget.Part.of("0\r\n\r\n")));
        try (RawClient client = client()) {
            client.send(GET);
            awaitSpilled(length - 10);
            target.goOn();
            awaitSpilled(length);
            target.goOn();
            assertIdentical(RawMessage.read(client.in()).body(), Pattern.bytes(0, length));
        }
    }

    private static void writeChunksOfAByte(OutputStream out, int from, int to) throws IOException {
        ByteArrayOutputStream chunks = new ByteArrayOutputStream();
        for (byte next : Pattern.bytes(from, to)) {
            chunks.writeBytes(new byte[] {'1', '\r', '\n', next, '\r', '\n'});
        }
        chunks.writeTo(out);
    }

    @Test
    void nothingReachesAClientOfHttp2BeforeTheTargetsLastByte() throws Exception {
        PausingTarget target = deploy(full(), PausingTarget.keepingTheLastByte(LARGE));
        try (Http2Client client = http2()) {
            Http2Client.Sent sent = client.begin("GET", "/x", true);
            awaitSpilled(LARGE - 1);
            assertThat(sent.awaitsHead()).isTrue();

            target.goOn();

            assertIdentical(sent.response().body(), Pattern.bytes(0, LARGE));
        }
    }

    @ParameterizedTest
    @EnumSource
    void eachByteArrivesHoweverLongTheResponseIs(Fetched.Protocol protocol) throws Exception {
        for (int length : new int[] {0, 1, MEMORY - 1, MEMORY, MEMORY + 1, 2 * MEMORY, MIB + 1}) {
            for (Buffering buffering : Buffering.values()) {
                deploy(responses(buffering), SendingTarget.ofLength(length));
                Fetched fetched = Fetched.over(protocol, proxy.port(), "GET", "/x");
                assertThat(fetched.hasStatus(200)).isTrue();
                assertIdentical(fetched.body().getBytes(ISO_8859_1), Pattern.bytes(0, length));
                RequestSummary summary = awaitEnded();
                assertThat(summary.failure()).isNull();
                assertThat(summary.status()).isEqualTo(200);
                assertThat(summary.responseBytes()).isEqualTo(length);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, MEMORY - 1, MEMORY})
    void automaticBufferingTakesInWhatDeclaresToFitTheMemory(int length) throws Exception {
        assertBuffered(responses(Buffering.AUTOMATIC), breakingBeforeTheLastByteOf(length));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, MEMORY, MEMORY + 1, 10 * MEMORY})
    void fullBufferingTakesInAnyLength(int length) throws Exception {
        assertBuffered(full(), breakingBeforeTheLastByteOf(length));
        assertBuffered(full().bufferMemory(0), breakingBeforeTheLastByteOf(length));
    }

    private static BreakingTarget breakingBeforeTheLastByteOf(int length) {
        return new BreakingTarget(PausingTarget.declaring(length).then(PausingTarget.Part.of(0, length - 1)), false);
    }

    @ParameterizedTest
    @ValueSource(strings = {CHUNKED, CHUNKED + "5\r\nhello\r\n", CHUNKED + "5\r\nhel"})
    void fullBufferingTakesInWhatEndsWithTheLastChunk(String begin) throws Exception {
        assertBuffered(full(), BreakingTarget.after(begin));
    }

    @Test
    void fullBufferingTakesInWhatEndsWithItsConnection() throws Exception {
        PausingTarget target = deploy(
                full(),
                new PausingTarget(
                                PausingTarget.Part.of("HTTP/1.1 200 OK\r\n\r\n").then(PausingTarget.Part.of(0, LARGE)),
                                PausingTarget.Part.of("the end"))
                        .closing());
        try (RawClient client = client()) {
            client.send("GET /x HTTP/1.0\r\nHost: a\r\n\r\n");
            awaitSpilled(LARGE);
            assertThat(client.in().available()).isZero();

            target.goOn();

            assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
            Pattern.assertReadFrom(client.in(), 0, LARGE);
            assertThat(client.readToEnd()).isEqualTo("the end");
        }
    }

    @Test
    void automaticBufferingStreamsWhatIsLongerThanTheMemory() throws Exception {
        assertStreamed(
                responses(Buffering.AUTOMATIC),
                "HTTP/1.1 200 OK\r\nContent-Length: " + (MEMORY + 1) + "\r\n\r\n",
                "a".repeat(MEMORY - 1),
                "b",
                "c");
    }

    @Test
    void automaticBufferingStreamsAllIfThereIsNoMemoryForABody() throws Exception {
        assertStreamed(
                responses(Buffering.AUTOMATIC).bufferMemory(0),
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
                "a",
                "b");
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTOMATIC", "OFF"})
    void whatEndsWithTheLastChunkIsStreamedUnlessAllIsBuffered(Buffering buffering) throws Exception {
        assertStreamed(responses(buffering), CHUNKED, "1\r\na", "\r\n2\r\nbc", "\r\n0\r\n\r\n");
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTOMATIC", "OFF"})
    void whatEndsWithItsConnectionIsStreamedUnlessAllIsBuffered(Buffering buffering) throws Exception {
        PausingTarget target = deploy(responses(buffering), PausingTarget.of("HTTP/1.1 200 OK\r\n\r\n", "abc"));
        try (RawClient client = client()) {
            client.send("GET /x HTTP/1.0\r\nHost: a\r\n\r\n");
            assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
            target.goOn();
            assertThat(client.in().readNBytes(3)).asString().isEqualTo("abc");
        }
    }

    @Test
    void withoutBufferingEachPartPassesAsItComes() throws Exception {
        assertStreamed(responses(Buffering.OFF), "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n", "a", "bc", "def");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "200 OK\r\nContent-Length: 5\r\n\r\nhello",
                "200 OK\r\nContent-Length: 0\r\n\r\n",
                "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n4;x=y\r\nello\r\n0\r\n\r\n",
                "200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                        + "5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Unannounced: 2\r\n\r\n",
                "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 1\r\n\r\n",
                "200 OK\r\nConnection: close\r\n\r\nuntil the end",
                "200 OK\r\nConnection: close\r\n\r\n",
                "201 Made\r\nLocation: /y\r\nContent-Length: 1\r\n\r\na",
                "206 Partial Content\r\nContent-Range: bytes 0-4/10\r\nContent-Length: 5\r\n\r\nhello",
                "301 Moved\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n",
                "404 Gone Fishing\r\nX-Odd: \u00e9\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nX-Empty:\r\n"
                        + "Content-Length: 5\r\n\r\nhello",
                "500 Own Error\r\nContent-Type: text/odd\r\nContent-Length: 5\r\n\r\nhello",
                "503 Own Error\r\nRetry-After: 7\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
                "999 Odd\r\nContent-Length: 5\r\n\r\nhello",
                "204 No Content\r\nX-Mine: 1\r\n\r\n",
                "304 Not Modified\r\nETag: \"1\"\r\nContent-Length: 99\r\n\r\n"
            })
    void aBufferedResponseIsWhatItWouldBeUnbuffered(String response) throws Exception {
        List<Fetched> unbuffered = fetched(Buffering.OFF, response);
        assertThat(unbuffered).allMatch(fetched -> fetched.hasStatus(Integer.parseInt(response.substring(0, 3))));
        assertThat(fetched(Buffering.FULL, response)).isEqualTo(unbuffered);
        assertThat(fetched(Buffering.AUTOMATIC, response)).isEqualTo(unbuffered);
    }

    /** What clients of each protocol get. */
    private List<Fetched> fetched(Buffering buffering, String response) throws Exception {
        deploy(responses(buffering), new ScriptedTarget(call -> {
            call.send("HTTP/1.1 " + response);
            return !response.contains("Connection: close");
        }));
        List<Fetched> all = new ArrayList<>();
        for (Fetched.Protocol protocol : Fetched.Protocol.values()) {
            Fetched fetched = Fetched.over(protocol, proxy.port(), "GET", "/x");
            // Other protocols have no chunks, and the server states the length of what it has got all of.
            boolean free = protocol != Fetched.Protocol.HTTP_1_1 && !response.contains("Content-Length: ");
            all.add(free ? fetched.without("content-length") : fetched);
        }
        return all;
    }

    @Test
    void trailersFollowAResponseFromAFile() throws Exception {
        String head = CHUNKED.replace("\r\n\r\n", "\r\nTrailer: X-Sum\r\n\r\n") + Integer.toHexString(LARGE) + "\r\n";
        deploy(
                full(),
                new SendingTarget(PausingTarget.Part.of(head)
                        .then(PausingTarget.Part.of(0, LARGE))
                        .then(PausingTarget.Part.of("\r\n0\r\nX-Sum: 42\r\n\r\n"))));
        for (Fetched.Protocol protocol : new Fetched.Protocol[] {Fetched.Protocol.HTTP_1_1, Fetched.Protocol.HTTP_2}) {
            Fetched fetched = Fetched.over(protocol, proxy.port(), "GET", "/x");
            assertThat(fetched.trailers())
                    .hasSize(1)
                    .allSatisfy(trailer -> assertThat(trailer).isEqualToIgnoringCase("X-Sum: 42"));
            assertIdentical(fetched.body().getBytes(ISO_8859_1), Pattern.bytes(0, LARGE));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HEAD 200 OK\r\nContent-Length: 10995116277760\r\n\r\n",
                "HEAD 200 OK\r\nContent-Length: 1\r\n\r\n",
                "HEAD 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                "HEAD 200 OK\r\n\r\n",
                "GET 204 No Content\r\n\r\n",
                "GET 304 Not Modified\r\nContent-Length: 99\r\n\r\n",
                "GET 200 OK\r\nContent-Length: 0\r\n\r\n"
            })
    void aResponseWithoutABodyPassesWithoutAnythingToWaitFor(String methodAndResponse) throws Exception {
        String method = methodAndResponse.split(" ", 2)[0];
        String response = "HTTP/1.1 " + methodAndResponse.split(" ", 2)[1];
        ScriptedTarget target = deploy(full(), new ScriptedTarget(call -> {
            call.send(response);
            return true;
        }));
        try (RawClient client = client()) {
            for (int i = 0; i < 3; i++) {
                client.send(method + " /x HTTP/1.1\r\nHost: a\r\n\r\n");
                assertThat(client.readHead()).startsWith(response.substring(0, response.indexOf("\r\n")));
            }
        }
        assertThat(target.heads()).hasSize(3);
    }

    @Test
    void earlyHintsPassAtOnceWhileTheRestIsBuffered() throws Exception {
        PausingTarget target = deploy(full(), hinting());
        try (RawClient client = client()) {
            client.send(GET);
            assertThat(client.readHead()).isEqualTo("HTTP/1.1 103 Early Hints\r\nLink: </1>\r\n\r\n");
            target.goOn();
            assertThat(client.readHead()).isEqualTo("HTTP/1.1 103 Early Hints\r\nLink: </2>\r\n\r\n");
            target.goOn();
            awaitSpilled(LARGE - 1);
            assertThat(client.in().available()).isZero();
            target.goOn();
            assertThat(client.readHead()).startsWith("HTTP/1.1 200 ").doesNotContain("Link");
            Pattern.assertReadFrom(client.in(), 0, LARGE);
        }
    }

    @Test
    void earlyHintsPassAtOnceOverHttp2WhileTheRestIsBuffered() throws Exception {
        PausingTarget target = deploy(full(), hinting());
        try (Http2Client client = http2()) {
            Http2Client.Sent sent = client.begin("GET", "/x", true);
            assertThat(sent.nextStatus()).isEqualTo(103);
            target.goOn();
            assertThat(sent.nextStatus()).isEqualTo(103);
            target.goOn();
            awaitSpilled(LARGE - 1);
            assertThat(sent.awaitsHead()).isTrue();
            target.goOn();
            assertThat(sent.nextStatus()).isEqualTo(200);
            assertIdentical(sent.response().body(), Pattern.bytes(0, LARGE));
        }
    }

    private static PausingTarget hinting() {
        return new PausingTarget(
                PausingTarget.Part.of("HTTP/1.1 103 Early Hints\r\nLink: </1>\r\n\r\n"),
                PausingTarget.Part.of("HTTP/1.1 103 Early Hints\r\nLink: </2>\r\n\r\n"),
                PausingTarget.declaring(LARGE).then(PausingTarget.Part.of(0, LARGE - 1)),
                PausingTarget.Part.of(LARGE - 1, LARGE));
    }

    @Test
    void requestsThatAreSentAtOnceAreAnsweredInOrder() throws Exception {
        deploy(full(), new ScriptedTarget(call -> {
            int length = Integer.parseInt(call.path().substring(1));
            PausingTarget.declaring(length)
                    .then(PausingTarget.Part.of(0, length))
                    .writeTo(call.socket().getOutputStream());
            return true;
        }));
        try (RawClient client = client()) {
            int[] lengths = {LARGE, 0, 1, MEMORY, 3 * MEMORY, 2};
            for (int length : lengths) {
                client.send("GET /" + length + " HTTP/1.1\r\nHost: a\r\n\r\n");
            }
            for (int length : lengths) {
                assertThat(client.readHead()).endsWith("\r\nContent-Length: " + length + "\r\n\r\n");
                Pattern.assertReadFrom(client.in(), 0, length);
            }
        }
    }

    @Test
    void aTargetsConnectionCarriesOneBufferedResponseAfterTheOther() throws Exception {
        SendingTarget target = deploy(full(), SendingTarget.ofLength(2 * MEMORY));
        int before = target.accepted();
        try (RawClient client = client()) {
            for (int i = 0; i < 20; i++) {
                client.send(GET).readHead();
                Pattern.assertReadFrom(client.in(), 0, 2 * MEMORY);
            }
        }
        assertThat(target.accepted()).isEqualTo(before + 1);
    }

    @Test
    void aTargetMayAnswerBeforeTheEndOfTheRequest() throws Exception {
        BodyOptions.Builder options = full().requestBuffering(Buffering.OFF);
        ScriptedTarget target = deploy(options, new ScriptedTarget(call -> {
            PausingTarget.declaring(LARGE)
                    .then(PausingTarget.Part.of(0, LARGE))
                    .writeTo(call.socket().getOutputStream());
            call.readToEnd();
            return false;
        }));
        try (RawClient client = client()) {
            client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nbegin");
            target.awaitRequest();
            assertThat(client.readHead()).startsWith("HTTP/1.1 200 ").contains("\r\nConnection: close\r\n");
            Pattern.assertReadFrom(client.in(), 0, LARGE);
            assertThat(client.readToEndOrReset()).isEmpty();
        }
        await("the end of the target's request", () -> target.open() == 0);
        assertThat(awaitEnded().status()).isEqualTo(200);
    }
}
