package dev.gapless.proxy.jetty;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Targets that are slow to take a request's body. */
class SlowTargetTest extends ProxyScaffold {
    private static final int LARGE = 32 << 20;

    private static ServiceOptions options(Buffering buffering, Duration responseTimeout) {
        return ServiceOptions.builder()
                .responseTimeout(responseTimeout)
                .bodies(BodyOptions.builder().requestBuffering(buffering).build())
                .build();
    }

    @ParameterizedTest
    @EnumSource
    void oneThatTakesNoMoreOfAnUploadIsGivenUp(Buffering buffering) throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        serve(
                RawTarget.answeringHeads((request, connection) -> RawTarget.awaitUninterrupted(over)),
                options(buffering, Duration.ofMillis(300)));
        RawClient client = client();
        Thread sender = client.sending(RawClient.head("PUT", "/", "Content-Length: " + LARGE), new byte[LARGE]);

        assertThat(client.read().status()).isEqualTo(504);

        over.countDown();
        client.close();
        sender.join();
        eventually("no request is in flight", () -> requestsInFlight() == 0);
    }

    /** The time that the client takes is not the target's. */
    @Test
    void oneThatWaitsForASlowClientIsNotGivenUp() throws Exception {
        CountDownLatch half = new CountDownLatch(1);
        RawTarget target = serve(
                RawTarget.answeringHeads((request, connection) -> {
                    connection.in.readNBytes(5);
                    half.countDown();
                    connection.in.readNBytes(5);
                    connection.send(RawTarget.OK);
                }),
                options(Buffering.OFF, Duration.ofMillis(500)));
        RawClient client = client().send(RawClient.head("PUT", "/", "Content-Length: 10") + "begin");
        half.await();
        // The expiry of requests has been looked at several times when two that get no answer have been given up.
        RawTarget silent = closing(RawTarget.answeringHeads((request, connection) -> connection.isLeft()));
        deploy(
                "silent",
                ServiceOptions.builder()
                        .host("silent.example.com")
                        .responseTimeout(Duration.ofMillis(500))
                        .build(),
                silent);
        for (int i = 0; i < 2; i++) {
            String get = "GET / HTTP/1.1\r\nHost: silent.example.com\r\n\r\n";
            assertThat(client().send(get).read().status()).isEqualTo(504);
        }

        assertThat(client.send("ended").read().status()).isEqualTo(200);
        assertThat(target.usedConnections()).isEqualTo(1);
    }
}
