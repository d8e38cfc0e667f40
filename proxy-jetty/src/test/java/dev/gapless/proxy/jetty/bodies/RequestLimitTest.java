package dev.gapless.proxy.jetty.bodies;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.jetty.Http2Client;
import dev.gapless.proxy.jetty.Pairs;
import dev.gapless.proxy.jetty.faults.RawClient;
import dev.gapless.proxy.jetty.faults.ScriptedTarget;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Bodies of requests that are as long as they may be, or longer. */
class RequestLimitTest extends BodyTest {
    private static final int LIMIT = 100_000;

    private static BodyOptions.Builder limited(Buffering buffering) {
        return requests(buffering).bufferMemory(64 * KIB).maxRequestBytes(LIMIT);
    }

    static Stream<Arguments> everyWay() {
        return Pairs.of(Buffering.values(), Framing.values());
    }

    @ParameterizedTest
    @MethodSource("everyWay")
    void aBodyAtTheLimitPasses(Buffering buffering, Framing framing) throws Exception {
        KeepingTarget target = deploy(limited(buffering), new KeepingTarget());
        try (Uploader upload = upload(framing, "POST", LIMIT)) {
            assertThat(upload.sendAll(random(LIMIT)).answer().status()).isEqualTo(200);
            assertThat(upload.next()).isEqualTo(200);
        }
        assertIdentical(target.taken().body(), random(LIMIT));
    }

    @ParameterizedTest
    @EnumSource
    void aLengthBeyondTheLimitIsRefusedAtOnce(Buffering buffering) throws Exception {
        KeepingTarget target = deploy(limited(buffering), new KeepingTarget());
        int probes = target.accepted();
        for (String length : new String[] {"100001", "10000000000", "9223372036854775807"}) {
            try (RawClient client = client()) {
                client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n\r\n");
                assertThat(client.readToEnd()).startsWith("HTTP/1.1 413 ").containsIgnoringCase("Connection: close");
            }
            assertThat(awaitEnded().status()).isEqualTo(413);
        }
        assertThat(target.accepted()).isEqualTo(probes);
    }

    @ParameterizedTest
    @EnumSource
    void aLengthBeyondTheLimitIsRefusedAtOnceOverHttp2(Buffering buffering) throws Exception {
        KeepingTarget target = deploy(limited(buffering), new KeepingTarget());
        try (Http2Client client = Http2Client.to(proxy.port())) {
            assertThat(client.begin("POST", "/x", false, "content-length", "100001")
                            .response()
                            .status())
                    .isEqualTo(413);
            assertThat(client.get("/next").status()).isEqualTo(200);
        }
        // The stream that was refused may be read for a while.
        assertThat(List.of(awaitEnded().status(), awaitEnded().status())).containsExactlyInAnyOrder(413, 200);
        assertThat(target.heads()).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void aClientIsNotAskedForABodyBeyondTheLimit(Buffering buffering) throws Exception {
        KeepingTarget target = deploy(limited(buffering), new KeepingTarget());
        try (RawClient client = client()) {
            client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\nExpect: 100-continue\r\n\r\n");
            assertThat(client.readToEnd()).startsWith("HTTP/1.1 413 ");
        }
        assertThat(target.heads()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aClientIsAskedForABodyAtTheLimit(Buffering buffering) throws Exception {
        KeepingTarget target = deploy(limited(buffering), new KeepingTarget());
        try (RawClient client = client()) {
            client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\nExpect: 100-continue\r\n\r\n");
            assertThat(client.readHead()).startsWith("HTTP/1.1 100 ");
            assertThat(client.send(random(LIMIT)).readResponse()).startsWith("HTTP/1.1 200 ");
        }
        assertIdentical(target.taken().body(), random(LIMIT));
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatIsAskedAndSendsMoreIsRefused(Buffering buffering) throws Exception {
        KeepingTarget target = deploy(limited(buffering), new KeepingTarget());
        try (RawClient client = client()) {
            client.send("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
            assertThat(client.readHead()).startsWith("HTTP/1.1 100 ");
            client.send("186a1\r\n").send(random(LIMIT + 1));
            assertThat(client.readToEndOrReset()).startsWith("HTTP/1.1 413 ");
        }
        assertThat(target.hasTakenNone()).isTrue();
    }

    @ParameterizedTest
    @MethodSource("everyWay")
    void oneByteMoreIsNeverCompletedAtTheTarget(Buffering buffering, Framing framing) throws Exception {
        KeepingTarget target = deploy(limited(buffering), new KeepingTarget());
        byte[] body = random(LIMIT + 1);
        try (Uploader upload = upload(framing, "POST", body.length)) {
            upload.sendWhatIsTaken(body);
            assertThat(upload.answer().status()).isEqualTo(413);
        }
        RequestSummary summary = awaitEnded();
        assertThat(summary.status()).isEqualTo(413);
        assertThat(summary.retries()).isZero();
        await("the end of the target's request", () -> target.open() == 0);
        assertThat(target.hasTakenNone()).isTrue();
        boolean reachesIt = buffering != Buffering.FULL && !framing.hasLength();
        assertThat(target.heads().size()).isLessThanOrEqualTo(reachesIt ? 1 : 0);
    }

    @ParameterizedTest
    @EnumSource(names = {"CHUNKED", "HTTP2"})
    void aStreamThatIsRefusedWhileItsTargetReadsIsAborted(Framing framing) throws Exception {
        KeepingTarget target = deploy(limited(Buffering.OFF), new KeepingTarget());
        byte[] body = random(LIMIT + 1);
        try (Uploader upload = upload(framing, "PUT", -1)) {
            upload.send(body, 0, LIMIT);
            target.awaitRequest();
            upload.send(body, LIMIT, LIMIT + 1);
            assertThat(upload.answer().status()).isEqualTo(413);
            await("the end of the target's request", () -> target.open() == 0);
        }
        assertThat(target.hasTakenNone()).isTrue();
        assertThat(target.heads()).hasSize(1);
        assertThat(awaitEnded().status()).isEqualTo(413);
    }

    @ParameterizedTest
    @EnumSource(names = {"CHUNKED", "HTTP2"})
    void aBufferedBodyIsRefusedBeforeItsEndAndNoTargetKnows(Framing framing) throws Exception {
        KeepingTarget target = deploy(limited(Buffering.FULL), new KeepingTarget());
        int probes = target.accepted();
        byte[] body = random(LIMIT + 1);
        try (Uploader upload = upload(framing, "PUT", -1)) {
            upload.send(body, 0, LIMIT);
            await("the beginning in a file", () -> spills().count() == 1);
            upload.send(body, LIMIT, LIMIT + 1);
            assertThat(upload.answer().status()).isEqualTo(413);
            await("the end of the file", () -> spills().count() == 0);
        }
        assertThat(target.accepted()).isEqualTo(probes);
    }

    @ParameterizedTest
    @EnumSource
    void theFramingDoesNotCount(Buffering buffering) throws Exception {
        KeepingTarget target = deploy(requests(buffering).maxRequestBytes(1000), new KeepingTarget());
        String chunks = "1;extension=of-some-length\r\nx\r\n".repeat(1000);
        String head = "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        try (RawClient client = client()) {
            client.send(head + chunks + "0\r\nX-Trailer: " + "y".repeat(2000) + "\r\n\r\n");
            assertThat(client.readResponse()).startsWith("HTTP/1.1 200 ");
            client.send(head + chunks + "1\r\nx\r\n");
            assertThat(client.readToEndOrReset()).startsWith("HTTP/1.1 413 ");
        }
        assertThat(target.taken().body()).hasSize(1000);
        assertThat(target.hasTakenNone()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(names = {"CHUNKED", "HTTP2"})
    void aResponseThatHasBegunIsCutWhenTheRequestIsTooLong(Framing framing) throws Exception {
        ScriptedTarget target = deploy(limited(Buffering.OFF), new ScriptedTarget(call -> {
            call.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n");
            call.readToEnd();
            return false;
        }));
        byte[] body = random(LIMIT + 1);
        if (framing == Framing.CHUNKED) {
            try (RawClient client = client()) {
                client.send("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n")
                        .send(Arrays.copyOf(body, LIMIT));
                assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
                client.send("\r\n1\r\nx\r\n");
                assertThat(client.readToEndOrReset()).contains("begin").doesNotContain("\r\n0\r\n");
            }
        } else {
            try (Http2Client client = Http2Client.to(proxy.port())) {
                Http2Client.Sent sent = client.begin("POST", "/x", false).data(Arrays.copyOf(body, LIMIT), false);
                assertThat(sent.nextStatus()).isEqualTo(200);
                sent.data(new byte[1], false);
                assertThatThrownBy(sent::response).hasMessageContaining("reset");
            }
        }
        RequestSummary summary = awaitEnded();
        assertThat(summary.failure()).isNotNull();
        await("the end of the target's request", () -> target.open() == 0);
    }

    @Test
    void aClientThatSendsFarTooMuchGetsToReadWhy() throws Exception {
        KeepingTarget target = deploy(limited(Buffering.AUTOMATIC), new KeepingTarget());
        for (Framing framing : Framing.values()) {
            try (Uploader upload = upload(framing, "POST", 5 * MIB)) {
                Thread sender = new Thread(() -> upload.sendWhatIsTaken(random(5 * MIB)));
                sender.start();
                assertThat(upload.answer().status()).isEqualTo(413);
                sender.join();
            }
            assertThat(awaitEnded().status()).isEqualTo(413);
        }
        assertThat(target.hasTakenNone()).isTrue();
    }

    @Test
    void anotherStreamOfTheSameConnectionIsNotConcerned() throws Exception {
        KeepingTarget target = deploy(limited(Buffering.FULL), new KeepingTarget());
        try (Http2Client client = Http2Client.to(proxy.port())) {
            Http2Client.Sent right = client.begin("PUT", "/right", false).data(random(LIMIT / 2), false);
            Http2Client.Sent wrong = client.begin("PUT", "/wrong", false).data(random(LIMIT + 1), false);
            assertThat(wrong.response().status()).isEqualTo(413);
            right.data(random(LIMIT / 2), true);
            assertThat(right.response().status()).isEqualTo(200);
        }
        assertThat(target.taken().body()).hasSize(LIMIT);
        assertThat(target.heads()).hasSize(1);
    }
}
