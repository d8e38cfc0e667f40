package dev.gapless.proxy.jetty.faults;

import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Targets that answer before they have got the whole request. */
class EarlyAnswerTest extends FaultTest {
    private static final String TOO_LARGE =
            "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig";
    private static final String UPLOAD = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n";

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theAnswerReachesAClientThatWaitsForItBeforeItSendsMore(boolean closes) throws Exception {
        ScriptedTarget target = deploy(new ScriptedTarget(call -> {
            call.send(TOO_LARGE);
            if (!closes) {
                call.readToEnd();
            }
            return false;
        }));
        try (RawClient client = client()) {
            client.send(UPLOAD + "x".repeat(1000));
            assertThat(client.readResponse()).startsWith("HTTP/1.1 413 ").endsWith("big");
            await("the end of the target's request", () -> target.open() == 0);
            await("the end of the lease", () -> requestsInFlight() == 0);
            assertThat(client.readToEndOrReset()).isEmpty();
        }
        assertThat(awaitEnded().status()).isEqualTo(413);
    }

    @ParameterizedTest
    @ValueSource(ints = {100_000, 900_000})
    void theAnswerReachesAClientThatSendsAllFirst(int size) throws Exception {
        for (int i = 0; i < 20; i++) {
            ScriptedTarget target = deploy(new ScriptedTarget(call -> {
                call.send(TOO_LARGE);
                return false;
            }));
            try (RawClient client = client()) {
                client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: " + size + "\r\n\r\n" + "x".repeat(size));
                assertThat(client.readResponse()).startsWith("HTTP/1.1 413 ").endsWith("big");
            }
            assertThat(awaitEnded().status()).isEqualTo(413);
            assertThat(target.heads()).hasSize(1);
        }
    }

    @Test
    void andOneThatSaysThatItWaitsToBeAskedButDoesNot() throws Exception {
        for (int i = 0; i < 20; i++) {
            deploy(new ScriptedTarget(call -> {
                call.send(TOO_LARGE);
                return false;
            }));
            try (RawClient client = client()) {
                client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\nExpect: 100-continue\r\n\r\n"
                        + "x".repeat(900_000));
                String response = client.readResponse();
                assertThat(response.startsWith("HTTP/1.1 100 ") ? client.readResponse() : response)
                        .startsWith("HTTP/1.1 413 ")
                        .endsWith("big");
            }
            assertThat(awaitEnded().status()).isEqualTo(413);
        }
    }

    @Test
    void theAnswerOfATargetThatReadsNothingReachesTheClient() throws Exception {
        DeafTarget target = deploy(new DeafTarget(TOO_LARGE));
        try (RawClient client = client()) {
            // However much the systems in between take for a target that does not read, the upload has not ended.
            Thread sender = client.send(ENDLESS_UPLOAD).sendingUntilNoneIsTaken("x".repeat(100_000));
            assertThat(client.readResponse()).startsWith("HTTP/1.1 413 ").endsWith("big");
            await("the end of the lease", () -> requestsInFlight() == 0);
            client.readToEndOrReset();
            await("the end of the upload", () -> !sender.isAlive());
        }
        target.listen();
    }

    @Test
    void aTargetThatTakesTheEndOfNoUploadDoesNotHoldItsLease() throws Exception {
        // All of the upload is read from the client, but the target's system does not take the last of it.
        DeafTarget target = deploy(new DeafTarget(TOO_LARGE));
        String body = "x".repeat(200_000);
        for (int size = 200_000; size <= 12_000_000; size *= 2) {
            try (RawClient client = client()) {
                String rest = body.repeat(size / body.length());
                Thread sender = new Thread(() -> client.sendWhatIsTaken(
                        "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: " + rest.length() + "\r\n\r\n" + rest));
                sender.start();
                assertThat(client.readResponse()).startsWith("HTTP/1.1 413 ").endsWith("big");
                await("the end of the lease", () -> requestsInFlight() == 0);
                client.reset();
                sender.join();
            }
        }
        target.listen();
    }

    @Test
    void aConversationGoesBothWaysAtOnce() throws Exception {
        deploy(new ScriptedTarget(call -> {
            call.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (int i = 0; i < 100; i++) {
                call.send("1\r\n" + readLetter(call.in()) + "\r\n");
            }
            call.send("0\r\n\r\n");
            call.readToEnd();
            return false;
        }));
        try (RawClient client = client()) {
            client.send("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
            client.readHead();
            for (int i = 0; i < 100; i++) {
                char letter = (char) ('a' + i % 26);
                client.send("1\r\n" + letter + "\r\n");
                assertThat(readLetter(client.in())).isEqualTo(letter);
            }
            client.send("0\r\n\r\n");
            assertThat(client.readToEnd()).endsWith("0\r\n\r\n");
        }
        assertThat(awaitEnded().failure()).isNull();
    }

    /** Reads to the one letter of a chunk, as the end of its line may only come with the next. */
    private static char readLetter(InputStream in) throws IOException {
        int b = in.read();
        while (b == '\r' || b == '\n' || b == '1') {
            b = in.read();
        }
        return (char) b;
    }

    @Test
    void anAnswerThatGoesOnAfterTheClientHasLeftIsCutWhileItUploads() throws IOException, InterruptedException {
        StallingTarget target =
                deploy(new StallingTarget("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n"));
        RawClient client = client();
        client.send(UPLOAD + "x".repeat(1000));
        client.readHead();
        client.reset();
        await("the end of the target's request", () -> target.open() == 0);
        assertThat(awaitEnded().failure()).isNotNull();
    }
}
