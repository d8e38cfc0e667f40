package dev.gapless.proxy.jetty.faults;

import dev.gapless.proxy.RequestSummary;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Requests on a replaced target that are still under way when the time of its drain is over. */
@Tag("proof")
class CutByDrainTest extends FaultTest {
    private static final Duration SHORT = Duration.ofMillis(20);

    @ParameterizedTest
    @ValueSource(strings = {GET, POST})
    void aRequestWithoutAnAnswerIsAGatewayTimeoutAndIsNotRepeated(String request) throws Exception {
        StallingTarget target = deploy(new StallingTarget("HTTP/1.1 200 OK\r\n"));
        EchoingTarget next = new EchoingTarget();
        try (RawClient client = client()) {
            client.send(request);
            target.awaitRequest();
            deploy(SHORT, next);
            assertThat(client.readResponse()).startsWith("HTTP/1.1 504 ");
            assertThat(client.send(GET).readResponse())
                    .startsWith("HTTP/1.1 200 ")
                    .endsWith("GET /x ");
        }
        await("the end of the target's request", () -> target.open() == 0);
        assertThat(next.heads()).hasSize(1);
        RequestSummary summary = awaitEnded();
        assertThat(summary.status()).isEqualTo(504);
        assertThat(summary.failure()).contains("drain");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbegin",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n"
            })
    void aResponseThatHasBegunIsCut(String begin) throws Exception {
        streamBodies();
        StallingTarget target = deploy(new StallingTarget(begin));
        try (RawClient client = client()) {
            assertThat(client.send(GET).readHead()).startsWith("HTTP/1.1 200 ");
            deploy(SHORT, new EchoingTarget());
            assertThat(client.readToEndOrReset()).doesNotContain("\r\n0\r\n", "HTTP/1.1");
        }
        await("the end of the target's response", () -> target.open() == 0);
        assertThat(awaitEnded().failure()).contains("drain");
    }

    @Test
    void aResponseThatAClientDoesNotTakeIsCut() throws Exception {
        AtomicBoolean broken = new AtomicBoolean();
        ScriptedTarget target = deploy(new ScriptedTarget(call -> {
            call.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
            try {
                for (int i = 0; i < 1000; i++) {
                    call.send("x".repeat(100_000));
                }
            } finally {
                broken.set(true);
            }
            return false;
        }));
        try (RawClient client = new RawClient(proxy.port(), 4096)) {
            client.send(GET);
            target.awaitRequest();
            deploy(SHORT, new EchoingTarget());
            await("the end of the target's response", broken::get);
            assertThat(awaitEnded().failure()).contains("drain");
            assertThat(client.readToEndOrReset().length()).isLessThan(100_000_000);
        }
    }

    @Test
    void uploadsUnderWayAreCutAgainAndAgain() throws Exception {
        StallingTarget target = deploy(new StallingTarget(""));
        for (int i = 0; i < 40; i++) {
            try (RawClient client = client()) {
                client.send(ENDLESS_UPLOAD);
                target.awaitRequest();
                Thread sender = client.sendingUntilNoneIsTaken("y".repeat(100_000));
                StallingTarget next = new StallingTarget("");
                deploy(Duration.ofNanos(i * 25_000L), next);
                assertThat(client.readToEndOrReset()).startsWith("HTTP/1.1 504 ");
                sender.join();
                StallingTarget old = target;
                await("the end of the target's request", () -> old.open() == 0);
                target = next;
            }
            assertThat(awaitEnded().status()).isEqualTo(504);
        }
    }
}
