package dev.gapless.proxy.jetty.faults;

import dev.gapless.proxy.RequestSummary;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Targets that refuse, reset, stall, break off or send what is no answer. */
class FaultyTargetTest extends FaultTest {
    private static final String HEAD = "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n";
    private static final String CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

    private static final String OK_AND_MORE = RawTarget.OK + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";

    @ParameterizedTest
    @ValueSource(strings = {GET, POST})
    void theOnlyTargetRefuses(String request) throws Exception {
        deploy(new EchoingTarget()).refuse();
        assertThat(answerTo(request)).startsWith("HTTP/1.1 502 ");
        assertThat(awaitEnded().status()).isEqualTo(502);
    }

    @ParameterizedTest
    @ValueSource(strings = {GET, POST})
    void ofTwoTargetsTheOneThatRefusesCostsNothing(String request) throws Exception {
        EchoingTarget refusing = new EchoingTarget();
        EchoingTarget other = new EchoingTarget();
        deploy(refusing, other);
        refusing.refuse();
        for (int i = 0; i < 20; i++) {
            assertThat(answerTo(request)).startsWith("HTTP/1.1 200 ");
        }
        assertThat(other.heads()).hasSize(20);
    }

    @Test
    void aPostIsNotSentAgainWhenItsTargetResets() throws Exception {
        ResettingTarget target = deploy(new ResettingTarget(""));
        assertThat(answerTo(POST)).startsWith("HTTP/1.1 502 ");
        assertThat(target.heads()).hasSize(1);
        assertThat(awaitEnded().retries()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX"})
    void aGetIsSentAgainWhenItsTargetResetsBeforeTheEndOfTheHead(String begin) throws Exception {
        ResettingTarget resetting = new ResettingTarget(begin);
        EchoingTarget other = new EchoingTarget();
        deploy(resetting, other);
        for (int i = 0; i < 10; i++) {
            assertThat(answerTo(GET)).startsWith("HTTP/1.1 200 ").endsWith("GET /x ");
        }
        assertThat(resetting.heads()).isNotEmpty();
        assertThat(other.heads()).hasSize(10);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "HTTP/1", "HTTP/1.1 2", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX"})
    void aGetIsSentAgainWhenItsTargetQuitsBeforeTheEndOfTheHead(String begin) throws Exception {
        QuittingTarget quitting = new QuittingTarget(begin);
        EchoingTarget other = new EchoingTarget();
        deploy(quitting, other);
        for (int i = 0; i < 10; i++) {
            assertThat(answerTo(GET)).startsWith("HTTP/1.1 200 ").endsWith("GET /x ");
        }
        assertThat(quitting.heads()).isNotEmpty();
        assertThat(other.heads()).hasSize(10);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "HTTP/1.1 200 OK\r\n"})
    void aTargetThatAlwaysResetsIsABadGatewayAfterAFewTries(String begin) throws Exception {
        ResettingTarget target = deploy(new ResettingTarget(begin));
        assertThat(answerTo(GET)).startsWith("HTTP/1.1 502 ");
        assertThat(target.heads()).hasSizeBetween(2, 3);
    }

    @ParameterizedTest
    @ValueSource(strings = {HEAD, HEAD + "some", CHUNKED, CHUNKED + "4\r\nsome\r\n", CHUNKED + "4\r\nso"})
    void aResponseThatIsResetIsNotEndedInOrder(String begin) throws Exception {
        streamBodies();
        deploy(new ResettingTarget(begin));
        assertThat(truncated()).doesNotContain("\r\n0\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                HEAD,
                HEAD + "some",
                CHUNKED,
                CHUNKED + "4\r\nsome\r\n",
                CHUNKED + "4\r\nso",
                CHUNKED + "4\r\nsome\r\nzz\r\n"
            })
    void aResponseThatBreaksOffIsNotEndedInOrder(String begin) throws Exception {
        streamBodies();
        deploy(new QuittingTarget(begin));
        assertThat(truncated()).doesNotContain("\r\n0\r\n");
    }

    @Test
    void aBodyWithoutALengthIsWholeWhenTheTargetCloses() throws Exception {
        deploy(new QuittingTarget("HTTP/1.1 200 OK\r\n\r\nall of it"));
        assertThat(answerTo(GET)).contains("all of it");
        assertThat(awaitEnded().failure()).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "HTTP/1.1 2", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"})
    void aTargetThatStallsBeforeTheEndOfItsHeadIsAGatewayTimeout(String begin) throws Exception {
        StallingTarget target = deployImpatiently(new StallingTarget(begin));
        assertThat(answerTo(GET)).startsWith("HTTP/1.1 504 ");
        await("the end of its connection", () -> target.open() == 0);
        assertThat(answerTo(POST)).startsWith("HTTP/1.1 504 ");
        await("both requests", () -> target.heads().size() >= 2);
        assertThat(target.heads()).hasSize(2);
        RequestSummary summary = awaitEnded();
        assertThat(summary.status()).isEqualTo(504);
        assertThat(summary.duration()).isGreaterThanOrEqualTo(RESPONSE_TIMEOUT);
    }

    @Test
    void aTargetThatOnlyEverSendsInterimResponsesIsAGatewayTimeout() throws Exception {
        deployImpatiently(new ScriptedTarget(call -> {
            while (true) {
                call.send("HTTP/1.1 102 Processing\r\n\r\n");
                Thread.sleep(1);
            }
        }));
        try (RawClient client = client()) {
            client.send(GET);
            String head = client.readHead();
            while (head.startsWith("HTTP/1.1 102 ")) {
                head = client.readHead();
            }
            assertThat(head).startsWith("HTTP/1.1 504 ");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "garbage\r\n\r\n",
                "\u0000\u0001\u0002\u0003\u00ff\u00fe\r\n\r\n",
                "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003",
                "HTTP/1.1 2x0 OK\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
                "HTTP/1.1 200 OK\r\nContent Length: 2\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nX\u0000: 2\r\n\r\n",
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: y\r\nConnection: Upgrade\r\n\r\n",
                "HTTP/9.1 200 OK\r\n\r\n",
                "SSH-2.0-OpenSSH_9.6\r\n"
            })
    void whatIsNoAnswerIsABadGateway(String answer) throws Exception {
        ScriptedTarget target = deploy(new ScriptedTarget(call -> {
            call.body();
            call.send(answer);
            call.readToEnd();
            return false;
        }));
        assertThat(answerTo(GET)).startsWith("HTTP/1.1 502 ");
        assertThat(answerTo(POST)).startsWith("HTTP/1.1 502 ");
        assertThat(target.heads()).filteredOn(head -> head.startsWith("POST")).hasSize(1);
        await("the end of its connections", () -> target.open() == 0);
        assertThat(awaitEnded().status()).isEqualTo(502);
    }

    @Test
    void bytesAfterAResponseDoNotReachTheNextClient() throws Exception {
        deploy(new ScriptedTarget(call -> {
            call.send(OK_AND_MORE);
            return true;
        }));
        for (int i = 0; i < 50; i++) {
            assertThat(answerTo(GET))
                    .startsWith("HTTP/1.1 200 ")
                    .endsWith("\r\n\r\nok")
                    .doesNotContain("evil");
        }
    }

    @Test
    void aHeadBeyondTheLimitIsABadGateway() throws Exception {
        deploy(new StallingTarget("HTTP/1.1 200 OK\r\nX: " + "x".repeat(66_000) + "\r\nContent-Length: 0\r\n\r\n"));
        assertThat(answerTo(GET)).startsWith("HTTP/1.1 502 ");
        awaitEnded();
    }

    @Test
    void aHeadWithoutAnEndIsABadGateway() throws Exception {
        deploy(new ScriptedTarget(call -> {
            call.send("HTTP/1.1 200 OK\r\n");
            while (true) {
                call.send("X: " + "x".repeat(1000) + "\r\n");
            }
        }));
        assertThat(answerTo(GET)).startsWith("HTTP/1.1 502 ");
    }

    @Test
    void aHeadOf64KibibytesPassesAndTheConnectionIsClosedIfTheClientHasAskedForThat() throws Exception {
        String rest = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: \r\n\r\n";
        String value = "x".repeat(64 * 1024 - rest.length());
        deploy(new StallingTarget(rest.replace("X: ", "X: " + value) + "ok"));
        String answer = answerTo(GET);
        assertThat(answer).startsWith("HTTP/1.1 200 ").contains(value).endsWith("\r\n\r\nok");
        assertThat(answer).contains("\r\nConnection: close\r\n");
    }

    @Test
    void earlyHintsArePassedOnAndAContinueIsNot() throws Exception {
        deploy(new StallingTarget(
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </s>\r\n\r\n" + RawTarget.OK));
        try (RawClient client = client()) {
            client.send(GET);
            assertThat(client.readHead()).isEqualTo("HTTP/1.1 103 Early Hints\r\nLink: </s>\r\n\r\n");
            assertThat(client.readResponse()).startsWith("HTTP/1.1 200 ").endsWith("ok");
        }
    }

    /** An answer on a connection that then ends: the proxy closes it, or the client does after what it was promised. */
    private String answerTo(String request) throws IOException {
        try (RawClient client = client()) {
            client.send(request.replace("Host: a\r\n", "Host: a\r\nConnection: close\r\n"));
            return client.readToEnd();
        }
    }

    private String truncated() throws Exception {
        try (RawClient client = client()) {
            String response = client.send(GET).readToEndOrReset();
            assertThat(response).startsWith("HTTP/1.1 200 ");
            RequestSummary summary = awaitEnded();
            assertThat(summary.status()).isEqualTo(200);
            assertThat(summary.failure()).isNotNull();
            return response;
        }
    }
}
