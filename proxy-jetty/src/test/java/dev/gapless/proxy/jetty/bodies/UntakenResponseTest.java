package dev.gapless.proxy.jetty.bodies;

import dev.gapless.proxy.Pace;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.jetty.Http2Client;
import dev.gapless.proxy.jetty.faults.RawClient;
import java.time.Duration;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Clients that do not take a buffered response at the pace that their service asks for. */
class UntakenResponseTest extends ResponseScaffold {
    @Test
    void aClientThatTakesNothingIsCut() throws Exception {
        SendingTarget target =
                deploy(full().responsePace(new Pace(MIB, Duration.ofMillis(100))), SendingTarget.ofLength(LARGE));
        try (RawClient client = slowClient()) {
            client.send(GET);
            RequestSummary summary = awaitEnded();
            assertThat(summary.status()).isEqualTo(200);
            assertThat(summary.failure()).isNotNull();
            assertThat(summary.responseBytes()).isLessThan(LARGE);
            assertThat(client.readToEndOrReset().length()).isLessThan(LARGE);
        }
        assertThat(target.heads()).hasSize(1);
    }

    @Test
    void aClientOfHttp2ThatTakesNothingIsCut() throws Exception {
        PausingTarget target = deploy(
                full().responsePace(new Pace(MIB, Duration.ofMillis(100))), PausingTarget.keepingTheLastByte(LARGE));
        try (Http2Client client = http2()) {
            Http2Client.Sent sent = client.begin("GET", "/x", true);
            sent.holdOff();
            target.goOn();
            RequestSummary summary = awaitEnded();
            assertThat(summary.status()).isEqualTo(200);
            assertThat(summary.failure()).isNotNull();
            assertThat(summary.responseBytes()).isLessThan(LARGE);
        }
    }
}
