package dev.gapless.proxy.jetty.wire;

import dev.gapless.proxy.jetty.faults.RawClient;
import dev.gapless.proxy.jetty.faults.ScriptedTarget;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class MisbehavingTargetTest extends WireTest {
    @Test
    void aTargetThatIsGoneIsABadGateway() throws Exception {
        target.refuse();
        assertThat(get()).startsWith("HTTP/1.1 502 ");
        assertThat(awaitEnded().status()).isEqualTo(502);
    }

    @Test
    void aTargetThatRefusesCostsNoRequestWhileAnotherAccepts() throws Exception {
        ScriptedTarget other = new ScriptedTarget(call -> {
            call.in().readNBytes(3);
            call.send(OK);
            return true;
        });
        deploy(target, other);
        target.refuse();
        for (int i = 0; i < 6; i++) {
            try (RawClient client = client()) {
                client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc");
                assertThat(client.readToEnd()).startsWith("HTTP/1.1 200 ");
            }
            awaitEnded();
        }
    }

    @Test
    void anIdempotentRequestIsSentAgainWhenItsConnectionBreaksBeforeTheResponse() throws Exception {
        target.script(call -> {
            target.script(second -> {
                second.send(OK);
                return true;
            });
            call.reset();
            return false;
        });
        assertThat(get()).startsWith("HTTP/1.1 200 ");
        assertThat(target.heads()).hasSize(2);
        assertThat(awaitEnded().retries()).isEqualTo(1);
    }

    @Test
    void aPostThatWasSentIsNeverSentAgain() throws Exception {
        target.script(call -> {
            call.reset();
            return false;
        });
        try (RawClient client = client()) {
            client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
            assertThat(client.readResponse()).startsWith("HTTP/1.1 502 ");
        }
        assertThat(target.heads()).hasSize(1);
        awaitEnded();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"})
    void aTargetThatStallsBeforeTheEndOfItsHeadIsAGatewayTimeout(String begin) throws Exception {
        deployImpatiently(target);
        target.script(stallingAfter(begin));
        assertThat(get()).startsWith("HTTP/1.1 504 ");
        awaitClosed();
        assertThat(awaitEnded().status()).isEqualTo(504);
    }

    @Test
    void aBodyThatEndsBeforeItsLengthIsCutAtTheClientToo() throws Exception {
        streamBodies();
        deploy(target);
        target.script(call -> {
            call.send("HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nshort");
            return false;
        });
        assertThat(get())
                .startsWith("HTTP/1.1 200 ")
                .contains("Content-Length: 30")
                .endsWith("\r\n\r\nshort");
        assertThat(awaitEnded().failure()).isNotNull();
    }

    @Test
    void aChunkedBodyThatBreaksOffHasNoLastChunk() throws Exception {
        target.script(call -> {
            call.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
            return false;
        });
        assertThat(get()).contains("hello").doesNotContain("\r\n0\r\n");
        assertThat(awaitEnded().failure()).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "garbage\r\n\r\n",
                "HTTP/1.1 2x0 OK\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: y\r\nConnection: Upgrade\r\n\r\n"
            })
    void anAnswerThatIsNoneIsABadGateway(String answer) throws Exception {
        target.script(stallingAfter(answer));
        assertThat(get()).startsWith("HTTP/1.1 502 ");
        awaitEnded();
    }

    @Test
    void aResponseHeadBeyondTheLimitIsABadGateway() throws Exception {
        target.script(stallingAfter("HTTP/1.1 200 OK\r\nX: " + "x".repeat(70_000) + "\r\nContent-Length: 0\r\n\r\n"));
        assertThat(get()).startsWith("HTTP/1.1 502 ");
        awaitEnded();
    }

    @Test
    void earlyHintsArePassedOnAndOtherInterimResponsesAreNot() throws Exception {
        target.script(call -> {
            call.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </s.css>\r\n\r\n" + OK);
            return true;
        });
        try (RawClient client = client()) {
            client.send(GET);
            assertThat(client.readHead()).isEqualTo("HTTP/1.1 103 Early Hints\r\nLink: </s.css>\r\n\r\n");
            assertThat(client.readResponse()).startsWith("HTTP/1.1 200 ").endsWith("ok");
        }
        awaitEnded();
    }

    @Test
    void anAnswerBeforeTheEndOfTheUploadReachesTheClient() throws Exception {
        streamBodies();
        deploy(target);
        target.script(stallingAfter("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig"));
        try (RawClient client = client()) {
            client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + "x".repeat(1000));
            assertThat(client.readResponse()).startsWith("HTTP/1.1 413 ").endsWith("big");
        }
        assertThat(awaitEnded().status()).isEqualTo(413);
    }

    private String get() throws IOException {
        try (RawClient client = client()) {
            return client.send(GET_AND_CLOSE).readToEnd();
        }
    }
}
