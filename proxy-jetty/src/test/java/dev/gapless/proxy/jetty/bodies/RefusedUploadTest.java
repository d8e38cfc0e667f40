package dev.gapless.proxy.jetty.bodies;

import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.jetty.faults.RawClient;
import java.time.Duration;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Uploads that nobody takes: their clients are not asked for them, or hear so before their end. */
class RefusedUploadTest extends BodyTest {
    private static final String EXPECTING =
            "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\nExpect: 100-continue\r\n\r\n";

    @Test
    void aClientIsNotAskedForABodyThatNobodyTakes() throws Exception {
        assertRefused(EXPECTING, 404);
        KeepingTarget target = deploy(
                ServiceOptions.builder()
                        .host("a")
                        .host("b")
                        .canonicalHost("b")
                        .bodies(spilling().maxRequestBytes(3_000_000).build())
                        .build(),
                new KeepingTarget());
        assertRefused(EXPECTING, 301);
        assertRefused(EXPECTING.replace("Host: a", "Host: b").replace("3000000", "3000001"), 413);
        assertRefused(EXPECTING.replace("Host: a", "Host: c"), 404);
        proxy.services().stop("app", LONG, "");
        assertRefused(EXPECTING.replace("Host: a", "Host: b"), 503);
        assertThat(target.heads()).isEmpty();
    }

    @Test
    void aClientIsNotAskedForABodyWhileNoTargetIsHealthy() throws Exception {
        KeepingTarget target = deployUnhealthy();
        assertRefused(EXPECTING, 503);
        assertThat(target.heads()).isEmpty();
    }

    private void assertRefused(String request, int status) throws Exception {
        try (RawClient client = client()) {
            assertThat(client.send(request).readToEnd()).startsWith("HTTP/1.1 " + status + " ");
        }
        assertThat(awaitEnded().requestBytes()).isZero();
    }

    private KeepingTarget deployUnhealthy() throws Exception {
        KeepingTarget first = new KeepingTarget();
        KeepingTarget second = new KeepingTarget();
        deploy(
                ServiceOptions.builder()
                        .healthCheck(HealthCheck.builder()
                                .interval(Duration.ofMillis(20))
                                .build())
                        .bodies(spilling().build())
                        .build(),
                first,
                second);
        first.refuse();
        second.refuse();
        await(
                "the probes that fail",
                () -> proxy.services().list().get(0).targets().stream().noneMatch(target -> target.healthy()));
        return first;
    }

    @Test
    void aLargeUploadIsRefusedEarlyWhileTheServiceIsStopped() throws Exception {
        KeepingTarget target = deploy(spilling(), new KeepingTarget());
        proxy.services().stop("app", LONG, "");
        for (Framing framing : Framing.values()) {
            assertRefusedEarly(framing, 503);
        }
        assertThat(target.heads()).isEmpty();
    }

    @Test
    void aLargeUploadIsRefusedEarlyWhileNoTargetIsHealthy() throws Exception {
        KeepingTarget target = deployUnhealthy();
        for (Framing framing : Framing.values()) {
            assertRefusedEarly(framing, 503);
        }
        assertThat(target.heads()).isEmpty();
    }

    @Test
    void aLargeUploadToNobodyIsRefusedEarly() throws Exception {
        for (Framing framing : Framing.values()) {
            assertRefusedEarly(framing, 404);
        }
    }

    /** The answer comes after half of the body, which is all that is ever sent. */
    private void assertRefusedEarly(Framing framing, int status) throws Exception {
        byte[] body = random(400_000);
        try (Uploader upload = upload(framing, "POST", 2L * body.length)) {
            Thread sender = new Thread(() -> upload.sendWhatIsTaken(body, 0, body.length));
            sender.start();
            assertThat(upload.answer().status()).isEqualTo(status);
            sender.join();
        }
        assertThat(awaitEnded().status()).isEqualTo(status);
    }
}
