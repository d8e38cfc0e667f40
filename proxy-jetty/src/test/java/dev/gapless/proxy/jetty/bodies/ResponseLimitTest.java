package dev.gapless.proxy.jetty.bodies;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.jetty.Http2Client;
import dev.gapless.proxy.jetty.faults.EchoingTarget;
import dev.gapless.proxy.jetty.faults.RawClient;
import dev.gapless.proxy.jetty.faults.ScriptedTarget;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Responses that are longer than a service allows: an error if the client has got nothing, else cut. */
class ResponseLimitTest extends ResponseScaffold {
    private static final int LIMIT = 1000;
    private static final String HEAD = "HTTP/1.1 200 OK\r\nX-Long: 1\r\nSet-Cookie: a=1\r\n";
    private static final String CHUNKED = HEAD + "Transfer-Encoding: chunked\r\n\r\n";
    private static final String WHOLE = "x".repeat(LIMIT);
    private static final String CHUNK = Integer.toHexString(LIMIT) + "\r\n" + WHOLE + "\r\n";

    private static BodyOptions.Builder limited(Buffering buffering) {
        return responses(buffering).maxResponseBytes(LIMIT);
    }

    /** Sends this, and waits for the proxy to end the connection. */
    private static ScriptedTarget stallingAfter(String begin) {
        return new ScriptedTarget(call -> {
            call.send(begin);
            call.readToEnd();
            return false;
        });
    }

    private void assertRefused(ScriptedTarget target) throws Exception {
        for (Fetched.Protocol protocol : Fetched.Protocol.values()) {
            int before = target.heads().size();
            Fetched fetched = Fetched.over(protocol, proxy.port(), "GET", "/x");
            assertThat(fetched.hasStatus(500)).as(fetched.toString()).isTrue();
            assertThat(fetched.names()).doesNotContain("x-long", "set-cookie");
            assertThat(fetched.body()).contains("made by the proxy").doesNotContain("xxx");
            await("the end of the target's response", () -> target.open() == 0);
            assertThat(target.heads()).hasSize(before + 1);
            RequestSummary summary = awaitEnded();
            assertThat(summary.status()).isEqualTo(500);
            assertThat(summary.failure()).isNotNull();
            assertThat(summary.retries()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aDeclaredLengthBeyondTheLimitIsRefusedAtOnce(Buffering buffering) throws Exception {
        for (String length : List.of(String.valueOf(LIMIT + 1), "4294967296", "9223372036854775807")) {
            assertRefused(deploy(limited(buffering), stallingAfter(HEAD + "Content-Length: " + length + "\r\n\r\n")));
        }
    }

    @Test
    void aRefusedResponseIsNotAskedOfAnotherTarget() throws Exception {
        ScriptedTarget one = stallingAfter(HEAD + "Content-Length: " + (LIMIT + 1) + "\r\n\r\n");
        ScriptedTarget two = stallingAfter(HEAD + "Content-Length: " + (LIMIT + 1) + "\r\n\r\n");
        deploy(limited(Buffering.FULL), one, two);
        for (int i = 1; i <= 6; i++) {
            assertThat(answerTo(GET)).startsWith("HTTP/1.1 500 ");
            assertThat(one.heads().size() + two.heads().size()).isEqualTo(i);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aClientsConnectionOutlivesAResponseThatIsTooLong(Buffering buffering) throws Exception {
        deploy(limited(buffering), new ScriptedTarget(call -> {
            call.send(call.path().equals("/x") ? HEAD + "Content-Length: " + (LIMIT + 1) + "\r\n\r\n" : EMPTY);
            return true;
        }));
        try (RawClient client = client()) {
            for (int i = 0; i < 3; i++) {
                assertThat(client.send(GET).readResponse()).startsWith("HTTP/1.1 500 ");
                assertThat(client.send("GET /y HTTP/1.1\r\nHost: a\r\n\r\n").readResponse())
                        .startsWith("HTTP/1.1 204 ");
            }
        }
    }

    private static final String EMPTY = "HTTP/1.1 204 No Content\r\n\r\n";

    @ParameterizedTest
    @EnumSource
    void aResponseOfTheLimitPasses(Buffering buffering) throws Exception {
        String oneByOne = "1;x=y\r\nx\r\n".repeat(LIMIT);
        for (String response : List.of(
                HEAD + "Content-Length: " + LIMIT + "\r\n\r\n" + WHOLE,
                CHUNKED + CHUNK + "0\r\nX-Sum: " + WHOLE + "\r\n\r\n",
                CHUNKED + oneByOne + "0\r\n\r\n",
                "HTTP/1.1 103 Early Hints\r\nLink: " + WHOLE + "\r\n\r\n" + CHUNKED + CHUNK + "0\r\n\r\n",
                HEAD + "X-More: " + WHOLE + "\r\n\r\n" + WHOLE)) {
            deploy(limited(buffering), BreakingTarget.after(response));
            assertThat(Fetched.over(Fetched.Protocol.HTTP_1_0, proxy.port(), "GET", "/x")
                            .body())
                    .endsWith(WHOLE);
            Fetched fetched = Fetched.over(Fetched.Protocol.HTTP_2, proxy.port(), "GET", "/x");
            assertThat(fetched.hasStatus(200)).isTrue();
            assertThat(fetched.body()).isEqualTo(WHOLE);
            assertThat(awaitEnded().failure()).isNull();
            assertThat(awaitEnded().failure()).isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {CHUNKED + "1\r\nx\r\n", "HTTP/1.1 200 OK\r\nX-Long: 1\r\n\r\nx"})
    void aBufferedResponseIsRefusedWithItsFirstByteBeyondTheLimit(String begin) throws Exception {
        String rest = begin.startsWith(CHUNKED) ? CHUNK : WHOLE;
        assertRefused(deploy(limited(Buffering.FULL), stallingAfter(begin + rest)));
    }

    @Test
    void aBufferedResponseIsRefusedByTheLimitWhenItIsInAFileAlready() throws Exception {
        PausingTarget target = deploy(
                full().maxResponseBytes(LARGE),
                new PausingTarget(
                        PausingTarget.Part.of(CHUNKED + Integer.toHexString(LARGE) + "\r\n")
                                .then(PausingTarget.Part.of(0, LARGE)),
                        PausingTarget.Part.of("\r\n1\r\nx")));
        try (RawClient client = client()) {
            client.send(GET);
            awaitSpilled(LARGE);
            target.goOn();
            assertThat(client.readResponse()).startsWith("HTTP/1.1 500 ");
        }
    }

    static List<String> streams() {
        return List.of(
                "OFF " + CHUNKED,
                "AUTOMATIC " + CHUNKED,
                "FULL " + HEAD + "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
                "FULL " + HEAD + "X-Accel-Buffering: no\r\nTransfer-Encoding: chunked\r\n\r\n");
    }

    private PausingTarget deployStream(String bufferingAndHead, String beyond) {
        String[] both = bufferingAndHead.split(" ", 2);
        return deploy(limited(Buffering.valueOf(both[0])), PausingTarget.of(both[1] + CHUNK, beyond));
    }

    @ParameterizedTest
    @MethodSource("streams")
    void aStreamIsCutBeyondTheLimit(String stream) throws Exception {
        PausingTarget target = deployStream(stream, "1\r\nx\r\n0\r\n\r\n");
        try (RawClient client = client()) {
            assertThat(client.send(GET).readHead()).startsWith("HTTP/1.1 200 ");
            assertThat(client.in().readNBytes(CHUNK.length() - 2)).asString().endsWith(WHOLE);
            target.goOn();
            assertThat(client.readToEndOrReset()).doesNotContain("0\r\n", "x", "HTTP/1.1");
        }
        await("the end of the target's response", () -> target.open() == 0);
        assertCut();
    }

    @ParameterizedTest
    @MethodSource("streams")
    void aStreamIsResetBeyondTheLimitOverHttp2(String stream) throws Exception {
        PausingTarget target = deployStream(stream, "1\r\nx\r\n0\r\n\r\n");
        try (Http2Client client = http2()) {
            Http2Client.Sent sent = client.begin("GET", "/x", true);
            await("the first part", () -> sent.bodyBytes() == LIMIT);
            target.goOn();
            assertThatThrownBy(sent::response)
                    .isInstanceOf(ExecutionException.class)
                    .hasMessageContaining("reset");
            assertThat(sent.bodyBytes()).isEqualTo(LIMIT);
            deploy(new EchoingTarget());
            assertThat(client.get("/y").text()).isEqualTo("GET /y ");
        }
        assertCut();
    }

    private void assertCut() throws Exception {
        RequestSummary summary = awaitEnded();
        assertThat(summary.status()).isEqualTo(200);
        assertThat(summary.failure()).isNotNull();
        assertThat(summary.responseBytes()).isLessThanOrEqualTo(LIMIT);
    }

    @ParameterizedTest
    @MethodSource("streams")
    void aStreamThatComesAtOnceDoesNotPassTheLimitUnnoticed(String stream) throws Exception {
        String[] both = stream.split(" ", 2);
        String more = Integer.toHexString(5 * MEMORY) + "\r\n" + "y".repeat(5 * MEMORY) + "\r\n0\r\n\r\n";
        deploy(limited(Buffering.valueOf(both[0])), BreakingTarget.after(both[1] + more));
        String answer = answerTo(GET);
        if (answer.startsWith("HTTP/1.1 500 ")) {
            assertThat(answer).contains("made by the proxy");
        } else {
            assertThat(answer).startsWith("HTTP/1.1 200 ").doesNotContain("\r\n0\r\n");
        }
        assertThat(answer.chars().filter(c -> c == 'y').count()).isLessThanOrEqualTo(LIMIT);
        assertThat(awaitEnded().failure()).isNotNull();
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTOMATIC", "OFF"})
    void aStreamThatEndsWithItsConnectionIsCutBeyondTheLimit(Buffering buffering) throws Exception {
        PausingTarget target = deploy(limited(buffering), PausingTarget.of(HEAD + "\r\n" + WHOLE, "x"));
        try (RawClient client = client()) {
            assertThat(client.send(GET).readHead()).contains("\r\nTransfer-Encoding: chunked\r\n");
            assertThat(client.in().readNBytes(CHUNK.length() - 2)).asString().endsWith(WHOLE);
            target.goOn();
            assertThat(client.readToEndOrReset()).doesNotContain("0\r\n", "x");
        }
        assertCut();
    }

    @ParameterizedTest
    @EnumSource
    void theLengthOfABodyThatIsNotSentIsNotLimited(Buffering buffering) throws Exception {
        deploy(limited(buffering), new ScriptedTarget(call -> {
            String status = call.head().startsWith("HEAD") ? "200 OK" : "304 Not Modified";
            call.send("HTTP/1.1 " + status + "\r\nContent-Length: 10995116277760\r\n\r\n");
            return true;
        }));
        try (RawClient client = client()) {
            assertThat(client.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n").readHead())
                    .startsWith("HTTP/1.1 200 ")
                    .contains("Content-Length: 10995116277760\r\n");
            assertThat(client.send(GET).readHead()).startsWith("HTTP/1.1 304 ");
            assertThat(client.send(GET).readHead()).startsWith("HTTP/1.1 304 ");
        }
        assertThat(awaitEnded().failure()).isNull();
    }

    @Test
    void theErrorHasTheFormThatTheClientPrefers() throws Exception {
        deploy(limited(Buffering.FULL), stallingAfter(HEAD + "Content-Length: " + (LIMIT + 1) + "\r\n\r\n"));
        assertThat(answerTo("GET /x HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\n\r\n"))
                .startsWith("HTTP/1.1 500 ")
                .contains("{\"status\":500,");
    }
}
