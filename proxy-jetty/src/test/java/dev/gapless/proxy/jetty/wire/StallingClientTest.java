package dev.gapless.proxy.jetty.wire;

import dev.gapless.proxy.jetty.ProxyServer;
import dev.gapless.proxy.jetty.faults.RawClient;
import java.time.Duration;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class StallingClientTest extends WireTest {
    @Override
    protected ProxyServer.Builder configure(ProxyServer.Builder builder) {
        return builder.clientIdleTimeout(Duration.ofMillis(500));
    }

    @Test
    void aClientThatStallsInItsBodyIsTimedOut() throws Exception {
        streamBodies();
        deploy(target);
        target.script(stallingAfter(""));
        try (RawClient client = client()) {
            client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
            assertThat(client.readToEnd()).startsWith("HTTP/1.1 408 ");
        }
        awaitClosed();
        assertThat(awaitEnded().status()).isEqualTo(408);
    }

    @Test
    void aClientThatStallsInItsHeadIsClosed() throws Exception {
        try (RawClient client = client()) {
            assertThat(client.send("GET /x HTTP/1.1\r\nHo").readToEnd()).doesNotContain("200");
        }
        assertThat(target.heads()).isEmpty();
    }
}
