package dev.gapless.proxy.jetty.bodies;

import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.jetty.BufferRoom;
import dev.gapless.proxy.jetty.Http2Client;
import dev.gapless.proxy.jetty.faults.RawClient;
import dev.gapless.proxy.jetty.faults.ScriptedTarget;
import java.nio.file.Files;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Responses for which there is no room, or whose file fails: they stream, and none is lost without a word. */
class ResponseSpaceTest extends ResponseScaffold {
    private static final int ROUNDS = 20;

    @ParameterizedTest
    @ValueSource(longs = {1, MIB, LARGE - 1})
    void aResponseThatFitsNoMoreOnTheDiskStreams(long disk) throws Exception {
        restart(builder -> builder.bufferDisk(disk));
        assertStreamsFrom(LARGE);
    }

    @Test
    void aResponseStreamsWithoutAnyRoom() throws Exception {
        restart(builder -> builder.bufferMemory(1).bufferDisk(1));
        assertStreamsFrom(MIB);
    }

    /** The client reads so much before the target goes on. */
    private void assertStreamsFrom(int first) throws Exception {
        PausingTarget target = deploy(
                full(),
                new PausingTarget(
                        PausingTarget.declaring(2L * LARGE).then(PausingTarget.Part.of(0, first)),
                        PausingTarget.Part.of(first, 2 * LARGE)));
        try (RawClient client = client()) {
            assertThat(client.send(GET).readHead()).startsWith("HTTP/1.1 200 ");
            Pattern.assertReadFrom(client.in(), 0, first);
            target.goOn();
            Pattern.assertReadFrom(client.in(), first, 2 * LARGE);
        }
        RequestSummary summary = awaitEnded();
        assertThat(summary.status()).isEqualTo(200);
        assertThat(summary.responseBytes()).isEqualTo(2L * LARGE);
    }

    @Test
    void aResponseThatFitsNoMoreOnTheDiskStreamsOverHttp2WithItsTrailers() throws Exception {
        restart(builder -> builder.bufferDisk(MIB));
        String head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        PausingTarget target = deploy(
                full(),
                new PausingTarget(
                        PausingTarget.Part.of(head + Integer.toHexString(LARGE) + "\r\n")
                                .then(PausingTarget.Part.of(0, LARGE)),
                        PausingTarget.Part.of("\r\n1\r\nx\r\n0\r\nX-Sum: 42\r\n\r\n")));
        try (Http2Client client = http2()) {
            Http2Client.Sent sent = client.begin("GET", "/x", true);
            assertThat(sent.nextStatus()).isEqualTo(200);
            await("what the target has sent", () -> sent.bodyBytes() == LARGE);
            target.goOn();
            Http2Client.Response response = sent.response();
            assertThat(response.body()).hasSize(LARGE + 1).endsWith('x');
            assertIdentical(Arrays.copyOf(response.body(), LARGE), Pattern.bytes(0, LARGE));
            assertThat(response.trailers().get("X-Sum")).isEqualTo("42");
        }
    }

    @Test
    void aSlowReaderOfAResponseThatFitsNoMoreLosesNothing() throws Exception {
        restart(builder -> builder.bufferDisk(4 * MIB));
        SendingTarget target = deploy(full(), SendingTarget.ofLength(3L * LARGE));
        try (RawClient client = slowClient()) {
            client.send(GET);
            target.awaitRequest();
            assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
            assertThat(requestsInFlight()).isEqualTo(1);
            Pattern.assertReadFrom(client.in(), 0, 3 * LARGE);
        }
    }

    @Test
    void aResponseThatStreamsForWantOfRoomAndBreaksOffIsCut() throws Exception {
        restart(builder -> builder.bufferDisk(MIB));
        deploy(
                full(),
                new BreakingTarget(PausingTarget.declaring(LARGE + 1).then(PausingTarget.Part.of(0, LARGE)), false));
        String answer = answerTo(GET);
        assertThat(answer).startsWith("HTTP/1.1 200 ");
        assertThat(answer.length() - answer.indexOf("\r\n\r\n") - 4).isBetween(MIB, LARGE);
        RequestSummary summary = awaitEnded();
        assertThat(summary.status()).isEqualTo(200);
        assertThat(summary.failure()).isNotNull();
    }

    @Test
    void roomThatASlowReaderHasIsFreeOnceItHasReadAll() throws Exception {
        restart(builder -> builder.bufferDisk(4L * LARGE));
        SendingTarget target = deploy(full(), SendingTarget.ofLength(3L * LARGE));
        try (RawClient slow = slowClient()) {
            slow.send(GET);
            target.awaitRequest();
            await("the end of the lease", () -> requestsInFlight() == 0);
            deploy(full(), breakingAfter(2 * LARGE));
            assertThat(answerTo(GET)).startsWith("HTTP/1.1 200 ");
            slow.readHead();
            Pattern.assertReadFrom(slow.in(), 0, 3 * LARGE);
        }
        awaitEnded();
        awaitEnded();
        awaitRoom();
        assertThat(answerTo(GET)).startsWith("HTTP/1.1 502 ");
    }

    private void awaitRoom() throws Exception {
        await("the end of all files", () -> spills().count() == 0 && BufferRoom.onDisk(proxy) == 0);
    }

    private static BreakingTarget breakingAfter(int length) {
        return new BreakingTarget(PausingTarget.declaring(length + 1).then(PausingTarget.Part.of(0, length)), false);
    }

    @Test
    void diskSpaceOfResponsesThatBreakOffIsGivenBack() throws Exception {
        restart(builder -> builder.bufferDisk(5 * MIB));
        deploy(full(), breakingAfter(4 * MIB));
        for (int i = 0; i < ROUNDS; i++) {
            assertThat(answerTo(GET)).startsWith("HTTP/1.1 502 ");
            awaitRoom();
        }
    }

    @Test
    void memoryOfResponsesThatBreakOffIsGivenBack() throws Exception {
        restart(builder -> builder.bufferMemory(4L * MEMORY).bufferDisk(1));
        deploy(full(), breakingAfter(MEMORY - 1));
        for (int i = 0; i < ROUNDS; i++) {
            assertThat(answerTo(GET)).startsWith("HTTP/1.1 502 ");
        }
    }

    @Test
    void memoryOfResponsesWhoseClientsLeaveIsGivenBack() throws Exception {
        restart(builder -> builder.bufferMemory(4L * MEMORY).bufferDisk(1));
        ScriptedTarget target = deploy(full(), new ScriptedTarget(call -> {
            PausingTarget.declaring(MEMORY)
                    .then(PausingTarget.Part.of(0, MEMORY - 1))
                    .writeTo(call.socket().getOutputStream());
            call.readToEnd();
            return false;
        }));
        for (int i = 0; i < ROUNDS; i++) {
            try (RawClient client = client()) {
                client.send(GET);
                target.awaitRequest();
                client.reset();
                assertThat(awaitEnded().status()).isEqualTo(499);
            }
        }
        deploy(full(), breakingAfter(MEMORY - 1));
        assertThat(answerTo(GET)).startsWith("HTTP/1.1 502 ");
    }

    @Test
    void memoryOfResponsesThatAreTakenIsGivenBack() throws Exception {
        restart(builder -> builder.bufferMemory(4L * MEMORY).bufferDisk(1));
        deploy(responses(Buffering.AUTOMATIC), SendingTarget.ofLength(MEMORY));
        for (int i = 0; i < ROUNDS; i++) {
            assertThat(answerTo(GET)).startsWith("HTTP/1.1 200 ");
        }
        deploy(full(), breakingAfter(MEMORY - 1));
        assertThat(answerTo(GET)).startsWith("HTTP/1.1 502 ");
    }

    @Test
    void aDirectoryThatIsGoneIsMadeAnew() throws Exception {
        deploy(full(), breakingAfter(LARGE));
        spills().removeDirectory();
        assertThat(answerTo(GET)).startsWith("HTTP/1.1 502 ");
        assertThat(directory()).isDirectory();
    }

    @Test
    void responsesStreamAsLongAsThereIsNoDirectory() throws Exception {
        spills().removeDirectory();
        Files.createFile(directory());
        assertStreamsFrom(LARGE);
        Files.delete(directory());
        assertBuffered(full(), breakingAfter(LARGE));
    }

    @Test
    void aFileThatFailsBeforeTheClientHasAnythingIsABadGateway() throws Exception {
        PausingTarget target = deploy(full(), PausingTarget.keepingTheEnd(LARGE));
        try (RawClient client = client()) {
            client.send(GET);
            awaitSpilled(LARGE);
            spills().destroyContent();
            target.goOn();
            assertThat(client.readResponse()).startsWith("HTTP/1.1 502 ").contains("made by the proxy");
        }
        RequestSummary summary = awaitEnded();
        assertThat(summary.status()).isEqualTo(502);
        assertThat(summary.failure()).isNotNull();
    }

    @Test
    void aFileThatFailsBeforeAClientOfHttp2HasAnythingIsABadGateway() throws Exception {
        PausingTarget target = deploy(full(), PausingTarget.keepingTheEnd(LARGE));
        try (Http2Client client = http2()) {
            Http2Client.Sent sent = client.begin("GET", "/x", true);
            awaitSpilled(LARGE);
            spills().destroyContent();
            target.goOn();
            Http2Client.Response response = sent.response();
            assertThat(response.status()).isEqualTo(502);
            assertThat(response.text()).contains("made by the proxy");
        }
    }

    @Test
    void aResponseWhoseFileFailsInTheMiddleIsCut() throws Exception {
        SendingTarget target = deploy(full(), SendingTarget.ofLength(LARGE));
        try (RawClient client = slowClient()) {
            client.send(GET);
            target.awaitRequest();
            await("the end of the lease", () -> requestsInFlight() == 0);
            client.readHead();
            Pattern.assertReadFrom(client.in(), 0, MIB);
            awaitSpilled(LARGE);
            spills().destroyContent();
            assertThat(client.readToEndOrReset().length()).isLessThan(LARGE - MIB);
        }
        RequestSummary summary = awaitEnded();
        assertThat(summary.status()).isEqualTo(200);
        assertThat(summary.failure()).isNotNull();
    }
}
