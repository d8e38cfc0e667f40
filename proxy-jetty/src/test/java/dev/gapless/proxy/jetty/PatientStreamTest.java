package dev.gapless.proxy.jetty;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** HTTP/2 requests to targets that take longer than a client may be idle. */
class PatientStreamTest extends ProxyScaffold {
    private final RequestLog log = new RequestLog();

    private void start() {
        proxy = start(loopback().listener(log).clientIdleTimeout(Duration.ofMillis(100)));
    }

    /** The time is that of other clients, who are shown the door by the same timeout. */
    private void awaitIdleTimeouts() throws Exception {
        for (int i = 0; i < 3; i++) {
            assertThat(client().readToEnd()).isEmpty();
        }
    }

    @Test
    void aStreamWaitsForASlowTarget() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        start();
        serve(RawTarget.answeringAfter(goOn, RawTarget.OK));
        Http2Client.Sent sent = http2().begin("GET", "/", true);
        awaitIdleTimeouts();

        goOn.countDown();

        assertThat(sent.response().text()).isEqualTo("ok");
    }

    @Test
    void aClientThatLeavesASlowTargetIsNoticedHoweverLate() throws Exception {
        start();
        RawTarget target = serve(RawTarget.answering((request, connection) -> connection.isLeft()));
        Http2Client.Sent sent = http2().begin("GET", "/", true);
        awaitIdleTimeouts();

        sent.reset();

        assertThat(log.next().status()).isEqualTo(499);
        eventually("the target's connection is closed", () -> target.openConnections() == 0);
    }

    /** There is no exchange that would judge it. */
    @Test
    void aStreamThatTakesNothingOfARefusalIsReset() throws Exception {
        start();

        assertThat(closing(RawHttp2.withoutRoom(proxy.port())).get("/malformed%zz"))
                .isEqualTo("reset 8");
    }
}
