package dev.gapless.proxy.jetty;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.RequestRetry;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.RetryOptions;
import dev.gapless.proxy.RolloutSplit;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.Slot;
import dev.gapless.proxy.TargetAddress;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** How often a request is sent again, and what listeners are told of it. */
class RetryReportTest extends ProxyScaffold {
    private final RequestLog log = new RequestLog();

    @BeforeEach
    void start() {
        proxy = start(loopback().listener(log));
    }

    private static ServiceOptions retries(int most) {
        return ServiceOptions.builder()
                .retries(RetryOptions.builder().maxRetries(most).build())
                .build();
    }

    /** Returns a target that closes the connection instead of answering, so many times. */
    private static RawTarget failing(int times) throws Exception {
        AtomicInteger seen = new AtomicInteger();
        return RawTarget.answering((request, connection) -> {
            if (seen.incrementAndGet() <= times) {
                connection.close();
            } else {
                connection.send(RawTarget.OK);
            }
        });
    }

    @Test
    void eachRetryIsReportedBeforeItsRequest() throws Exception {
        RawTarget target = serve(failing(2));

        assertThat(client().get("/a%2Fb?x=1", "X-Request-ID: mine").status()).isEqualTo(200);

        RequestSummary summary = log.next();
        assertThat(log.retries()).extracting(RequestRetry::number).containsExactly(1, 2);
        assertThat(summary.retries()).isEqualTo(2);
        assertThat(log.retries()).allSatisfy(retry -> {
            assertThat(retry.requestId()).isEqualTo("mine");
            assertThat(retry.service()).isEqualTo("app");
            assertThat(retry.slot()).isEqualTo(Slot.ACTIVE);
            assertThat(retry.method()).isEqualTo("GET");
            assertThat(retry.path()).isEqualTo("/a%2Fb");
            assertThat(retry.target()).isEqualTo(TargetAddress.parse(target.address()));
            assertThat(retry.failure()).contains("EOFException");
            assertThat(retry.elapsed()).isPositive().isLessThan(summary.duration());
        });
        assertThat(log.retries()).extracting(RequestRetry::elapsed).isSorted();
    }

    @Test
    void theTargetThatFailedAndItsSlotAreReported() throws Exception {
        serve(RawTarget.answering(RawTarget.OK));
        RawTarget quitting = closing(failing(Integer.MAX_VALUE));
        RawTarget other = closing(RawTarget.answering(RawTarget.OK));
        proxy.services()
                .deploy(Deployment.builder("app")
                        .asRollout()
                        .target(quitting.address())
                        .target(other.address())
                        .build());
        proxy.services().splitRollout("app", RolloutSplit.percent(100));

        client().get("/", "Cookie: kamal-rollout=x");
        client().get("/", "Cookie: kamal-rollout=x");

        int retries = log.next().retries() + log.next().retries();
        assertThat(log.retries()).hasSize(retries).isNotEmpty().allSatisfy(retry -> {
            assertThat(retry.slot()).isEqualTo(Slot.ROLLOUT);
            assertThat(retry.target()).isEqualTo(TargetAddress.parse(quitting.address()));
        });
    }

    @Test
    void aRequestThatIsNotSentAgainIsNoRetry() throws Exception {
        RawTarget target = serve(failing(1));

        assertThat(client().send(RawClient.head("POST", "/", "Content-Length: 0"))
                        .read()
                        .status())
                .isEqualTo(502);

        log.next();
        assertThat(log.retries()).isEmpty();
        target.taken();
        assertThat(target.hasTakenNone()).isTrue();
    }

    @Test
    void aServiceWithoutRetriesSendsNothingAgain() throws Exception {
        RawTarget target = serve(failing(1), retries(0));

        assertThat(client().get("/").status()).isEqualTo(502);

        log.next();
        assertThat(log.retries()).isEmpty();
        target.taken();
        assertThat(target.hasTakenNone()).isTrue();
    }

    @Test
    void notEvenWhatNoConnectionWasAcceptedFor() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK), retries(0));
        target.leave();

        assertThat(client().get("/").status()).isEqualTo(502);

        log.next();
        assertThat(log.retries()).isEmpty();
    }

    @Test
    void aServiceWithOneRetrySendsTwice() throws Exception {
        RawTarget target = serve(failing(2), retries(1));

        assertThat(client().get("/").status()).isEqualTo(502);

        log.next();
        assertThat(log.retries()).extracting(RequestRetry::number).containsExactly(1);
        target.taken();
        target.taken();
        assertThat(target.hasTakenNone()).isTrue();
    }
}
