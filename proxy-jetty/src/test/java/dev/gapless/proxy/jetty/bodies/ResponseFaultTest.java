package dev.gapless.proxy.jetty.bodies;

import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.jetty.Http2Client;
import dev.gapless.proxy.jetty.faults.EchoingTarget;
import dev.gapless.proxy.jetty.faults.Leaving;
import dev.gapless.proxy.jetty.faults.RawClient;
import dev.gapless.proxy.jetty.faults.ScriptedTarget;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Buffered responses whose target, client or proxy ends in the middle of them. */
class ResponseFaultTest extends ResponseScaffold {
    private static final String HEAD = "HTTP/1.1 200 OK\r\nX-Broken: 1\r\nSet-Cookie: a=1\r\nContent-Encoding: gzip\r\n"
            + "Content-Type: text/plain\r\nETag: \"1\"\r\nCache-Control: max-age=1000\r\nTrailer: X-Sum\r\n"
            + "X-Accel-Buffering: yes\r\nConnection: close\r\n";
    private static final String DECLARED = HEAD + "Content-Length: 30\r\n\r\n";
    private static final String CHUNKED = HEAD + "Transfer-Encoding: chunked\r\n\r\n";

    /** What a client gets of a target that says nothing at all. */
    private List<String> fieldsOfABadGateway(Fetched.Protocol protocol) throws Exception {
        deploy(full(), BreakingTarget.after(""));
        return fieldsOf(Fetched.over(protocol, proxy.port(), "POST", "/x"));
    }

    /** The names of the fields that are not about the connection, which the client has asked to be closed. */
    private static List<String> fieldsOf(Fetched fetched) {
        return fetched.names().stream()
                .filter(name -> !name.equals("connection"))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                DECLARED,
                DECLARED + "some",
                CHUNKED,
                CHUNKED + "4\r\nsome\r\n",
                CHUNKED + "4\r\nso",
                CHUNKED + "4\r\nsome\r\n0\r\nX-Su",
                CHUNKED + "4\r\nsome\r\nzz\r\n"
            })
    void aTargetThatBreaksOffIsABadGatewayWithNothingOfItsResponse(String begin) throws Exception {
        for (Fetched.Protocol protocol : Fetched.Protocol.values()) {
            List<String> fields = fieldsOfABadGateway(protocol);
            BreakingTarget target = deploy(full(), BreakingTarget.after(begin));
            ended.clear();

            Fetched fetched = Fetched.over(protocol, proxy.port(), "GET", "/x");

            assertThat(fetched.hasStatus(502)).as(fetched.toString()).isTrue();
            assertThat(fieldsOf(fetched)).isEqualTo(fields);
            assertThat(fetched.body()).contains("made by the proxy").doesNotContain("some");
            assertThat(fetched.trailers()).isEmpty();
            assertThat(target.heads()).hasSize(1);
            RequestSummary summary = awaitEnded();
            assertThat(summary.status()).isEqualTo(502);
            assertThat(summary.failure()).isNotNull();
            assertThat(summary.retries()).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({"true, 100", "true, 1000000", "false, 100", "false, 1000000"})
    void aClientsConnectionOutlivesAResponseThatBreaksOff(boolean resets, int sent) throws Exception {
        deploy(
                full(),
                new BreakingTarget(PausingTarget.declaring(sent + 1).then(PausingTarget.Part.of(0, sent)), resets));
        try (RawClient client = client()) {
            for (int i = 0; i < 3; i++) {
                assertThat(client.send(GET).readResponse())
                        .startsWith("HTTP/1.1 502 ")
                        .doesNotContain("Connection: close");
                assertThat(client.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n").readResponse())
                        .startsWith("HTTP/1.1 200 ")
                        .endsWith("\r\n\r\nok");
            }
        }
        try (Http2Client client = http2()) {
            for (int i = 0; i < 3; i++) {
                assertThat(client.get("/x").status()).isEqualTo(502);
                assertThat(client.get("/next").text()).isEqualTo("ok");
            }
        }
    }

    /** A body that ends with its connection is whole when that is closed in order, and only then. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aBodyWithoutALengthIsWholeUnlessItsConnectionIsReset(boolean resets) throws Exception {
        PausingTarget.Part part = PausingTarget.Part.of("HTTP/1.1 200 OK\r\n\r\nsome");
        for (Fetched.Protocol protocol : Fetched.Protocol.values()) {
            deploy(full(), new BreakingTarget(part, resets));
            ended.clear();

            Fetched fetched = Fetched.over(protocol, proxy.port(), "GET", "/x");

            assertThat(fetched.hasStatus(resets ? 502 : 200))
                    .as(fetched.toString())
                    .isTrue();
            assertThat(fetched.body().equals("some")).isEqualTo(!resets);
            assertThat(awaitEnded().failure() == null).isEqualTo(!resets);
        }
    }

    @Test
    void theErrorHasTheFormThatTheClientPrefers() throws Exception {
        deploy(full(), BreakingTarget.after(DECLARED + "some"));
        String answer = answerTo("GET /x HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\n\r\n");
        assertThat(answer).startsWith("HTTP/1.1 502 ").contains("{\"status\":502,");
    }

    @Test
    void aTargetThatFallsSilentInTheMiddleIsAGatewayTimeout() throws Exception {
        restart(builder -> builder.targetIdleTimeout(Duration.ofMillis(200)));
        PausingTarget target = deploy(full(), PausingTarget.keepingTheLastByte(LARGE));
        assertThat(answerTo(GET)).startsWith("HTTP/1.1 504 ");
        target.goOn();
        assertThat(awaitEnded().status()).isEqualTo(504);
    }

    @Test
    void aResponseThatIsCutByADrainWhileItIsBufferedIsAGatewayTimeout() throws Exception {
        PausingTarget target = deploy(full(), PausingTarget.keepingTheLastByte(LARGE));
        try (RawClient client = client()) {
            client.send(GET);
            awaitSpilled(LARGE - 1);
            proxy.services().deploy(deployment(Duration.ofMillis(20), options(full()), new EchoingTarget()));
            assertThat(client.readResponse()).startsWith("HTTP/1.1 504 ");
            assertThat(client.send(GET).readResponse()).endsWith("\r\n\r\nGET /x ");
        }
        target.goOn();
        assertThat(awaitEnded().failure()).contains("drain");
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatLeavesWhileItsResponseIsBufferedInMemoryCancelsIt(Leaving way) throws Exception {
        leavingCancels(way, PausingTarget.Part.of(DECLARED + "some"), 0);
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatLeavesWhileItsResponseIsBufferedInAFileCancelsIt(Leaving way) throws Exception {
        leavingCancels(way, PausingTarget.declaring(LARGE).then(PausingTarget.Part.of(0, LARGE - 1)), LARGE - 1);
    }

    private void leavingCancels(Leaving way, PausingTarget.Part begin, int spilled) throws Exception {
        ScriptedTarget target = deploy(full(), stallingAfter(begin));
        try (RawClient client = client()) {
            client.send(GET);
            target.awaitRequest();
            awaitSpilled(spilled);
            way.leave(client);
            assertThat(awaitEnded().status()).isEqualTo(499);
            await("the end of the target's request", () -> target.open() == 0);
        }
        assertThat(target.heads()).hasSize(1);
    }

    private static ScriptedTarget stallingAfter(PausingTarget.Part begin) {
        return new ScriptedTarget(call -> {
            begin.writeTo(call.socket().getOutputStream());
            call.readToEnd();
            return false;
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aClientOfHttp2ThatLeavesWhileItsResponseIsBufferedCancelsIt(boolean theStreamAlone) throws Exception {
        ScriptedTarget target =
                deploy(full(), stallingAfter(PausingTarget.declaring(LARGE).then(PausingTarget.Part.of(0, LARGE - 1))));
        try (Http2Client client = http2()) {
            Http2Client.Sent sent = client.begin("GET", "/x", true);
            target.awaitRequest();
            awaitSpilled(LARGE - 1);
            if (theStreamAlone) {
                sent.reset();
            } else {
                client.disconnect();
            }
            assertThat(awaitEnded().status()).isEqualTo(499);
            await("the end of the target's request", () -> target.open() == 0);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"IN_ORDER", "WITH_A_RESET"})
    void aClientMayLeaveWhileItsResponseIsReadFromTheFile(Leaving way) throws Exception {
        SendingTarget target = deploy(full(), SendingTarget.ofLength(LARGE));
        try (RawClient client = slowClient()) {
            client.send(GET).readHead();
            Pattern.assertReadFrom(client.in(), 0, MIB);
            assertThat(requestsInFlight()).isZero();
            way.leave(client);
            assertLeftWithinTheResponse();
        }
        assertThat(target.heads()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aClientOfHttp2MayLeaveWhileItsResponseIsReadFromTheFile(boolean theStreamAlone) throws Exception {
        PausingTarget target = deploy(full(), PausingTarget.keepingTheLastByte(LARGE));
        try (Http2Client client = http2()) {
            Http2Client.Sent sent = client.begin("GET", "/x", true);
            sent.holdOff();
            target.goOn();
            assertThat(sent.nextStatus()).isEqualTo(200);
            if (theStreamAlone) {
                sent.reset();
            } else {
                client.disconnect();
            }
            assertLeftWithinTheResponse();
        }
    }

    private void assertLeftWithinTheResponse() throws Exception {
        RequestSummary summary = awaitEnded();
        assertThat(summary.status()).isEqualTo(200);
        assertThat(summary.failure()).isNotNull();
        assertThat(summary.responseBytes()).isLessThan(LARGE);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aStopLeavesNoFileOfAResponseThatIsBuffered(boolean overHttp2) throws Exception {
        PausingTarget target = deploy(full(), PausingTarget.keepingTheLastByte(LARGE));
        try (RawClient client = client();
                Http2Client other = http2()) {
            if (overHttp2) {
                other.begin("GET", "/x", true);
            } else {
                client.send(GET);
            }
            awaitSpilled(LARGE - 1);
            proxy.stop();
            assertNoFileIsLeft();
            assertThat(client.readToEndOrReset()).doesNotContain("200 OK");
        }
        target.goOn();
        restart(builder -> builder);
    }

    @Test
    void aStopLeavesNoFileOfAResponseThatAClientDoesNotTake() throws Exception {
        SendingTarget target = deploy(full(), SendingTarget.ofLength(LARGE));
        try (RawClient client = slowClient()) {
            client.send(GET);
            target.awaitRequest();
            await("the end of the lease", () -> requestsInFlight() == 0);
            assertThat(spills().count()).isEqualTo(1);
            proxy.stop();
            assertNoFileIsLeft();
            assertThat(client.readToEndOrReset().length()).isLessThan(LARGE);
        }
        restart(builder -> builder);
    }
}
