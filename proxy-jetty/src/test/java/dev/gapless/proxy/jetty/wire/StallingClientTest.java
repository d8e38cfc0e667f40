package dev.gapless.proxy.jetty.wire;

import java.time.Duration;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class StallingClientTest extends WireTest {
    @Override
    Duration clientIdleTimeout() {
        return Duration.ofMillis(500);
    }

    @Test
    void aClientThatStallsInItsBodyIsTimedOut() throws Exception {
        streamBodies();
        target.script(target::readToEnd);
        try (Wire client = client()) {
            client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
            assertThat(client.readToEnd()).startsWith("HTTP/1.1 408 ");
        }
        target.awaitClosed();
        assertThat(awaitEnded().status()).isEqualTo(408);
    }

    @Test
    void aClientThatStallsInItsHeadIsClosed() throws Exception {
        try (Wire client = client()) {
            assertThat(client.send("GET /x HTTP/1.1\r\nHo").readToEnd()).doesNotContain("200");
        }
        assertThat(target.heads()).isEmpty();
    }
}
