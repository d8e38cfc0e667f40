package dev.gapless.proxy.jetty;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** HTTP/2 requests to targets that take longer than a client may be idle. */
class PatientStreamTest extends ProxyScaffold {
    private final RequestLog log = new RequestLog();

    private Http2Client.Sent askOverHttp2() throws Exception {
        Http2Client.Sent sent = http2().begin("GET", "/", true);
        eventually("the target is asked", () -> requestsInFlight() == 1);
        return sent;
    }

    @Test
    void aStreamWaitsForASlowTarget() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        serve(RawTarget.answeringAfter(goOn, RawTarget.OK));
        Http2Client.Sent sent = askOverHttp2();
        awaitIdleTimeouts();

        goOn.countDown();

        assertThat(sent.response().text()).isEqualTo("ok");
    }

    @Test
    void aClientThatLeavesASlowTargetIsNoticedHoweverLate() throws Exception {
        proxy = start(loopback().listener(log));
        RawTarget target = serve(RawTarget.answering((request, connection) -> connection.isLeft()));
        Http2Client.Sent sent = askOverHttp2();
        awaitIdleTimeouts();

        sent.reset();

        assertThat(log.next().status()).isEqualTo(499);
        eventually("the target's connection is closed", () -> target.openConnections() == 0);
    }

    /** There is no exchange that would judge it. */
    @Test
    void aStreamThatTakesNothingOfARefusalIsReset() throws Exception {
        proxy = start(loopback().clientIdleTimeout(Duration.ofSeconds(1)));

        assertThat(closing(RawHttp2.withoutRoom(proxy.port())).get("/malformed%zz"))
                .isEqualTo("reset 8");
    }
}
