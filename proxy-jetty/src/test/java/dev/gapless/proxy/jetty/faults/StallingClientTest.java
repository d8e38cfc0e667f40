package dev.gapless.proxy.jetty.faults;

import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.jetty.ProxyServer;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Clients that stay, but send no more or do not take what they asked for. */
class StallingClientTest extends FaultTest {
    @Override
    protected ProxyServer.Builder configure(ProxyServer.Builder builder) {
        return builder.clientIdleTimeout(Duration.ofMillis(500));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "G", "GET /x HTTP/1.1\r\nHo", "GET /x HTTP/1.1\r\nHost: a\r\n"})
    void aClientThatStallsBeforeTheEndOfItsHeadIsClosed(String begin) throws Exception {
        EchoingTarget target = deploy(new EchoingTarget());
        try (RawClient client = client()) {
            assertThat(client.send(begin).readToEndOrReset()).doesNotContain("HTTP/1.1 200");
        }
        assertThat(target.heads()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"Content-Length: 10, abc", "Content-Length: 10, ''", "Transfer-Encoding: chunked, '5\r\nabc'"})
    void aClientThatStallsInItsBodyIsTimedOut(String field, String begin) throws Exception {
        StallingTarget target = deploy(new StallingTarget(""));
        try (RawClient client = client()) {
            client.send("POST /x HTTP/1.1\r\nHost: a\r\n" + field + "\r\n\r\n" + begin);
            assertThat(client.readToEnd()).startsWith("HTTP/1.1 408 ");
        }
        assertThat(awaitEnded().status()).isEqualTo(408);
        await("the end of the target's request", () -> target.open() == 0);
    }

    @Test
    void aClientThatDoesNotTakeItsResponseIsClosed() throws Exception {
        bearWithClientsFor(Duration.ofMillis(300));
        String body = "x".repeat(20_000_000);
        ScriptedTarget target = deploy(new ScriptedTarget(call -> {
            call.send("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
            return true;
        }));
        try (RawClient client = new RawClient(proxy.port(), 4096)) {
            client.send(GET);
            RequestSummary summary = awaitEnded();
            assertThat(summary.failure()).isNotNull();
            assertThat(summary.responseBytes()).isLessThan(body.length());
            await("the end of the target's response", () -> target.open() == 0);
            assertThat(client.readToEndOrReset().length()).isLessThan(body.length());
        }
    }
}
