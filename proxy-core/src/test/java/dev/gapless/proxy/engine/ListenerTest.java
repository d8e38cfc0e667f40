package dev.gapless.proxy.engine;

import dev.gapless.proxy.DeployEvent;
import dev.gapless.proxy.DeployResult;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ProbeOutcome;
import dev.gapless.proxy.ProxyListener;
import dev.gapless.proxy.RequestRetry;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.Slot;
import dev.gapless.proxy.TargetAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

import static dev.gapless.proxy.engine.EngineFixture.done;
import static org.assertj.core.api.Assertions.assertThat;

final class ListenerTest {
    private static final RequestSummary REQUEST = new RequestSummary(
            "id",
            null,
            null,
            "GET",
            "http",
            "example.com",
            "/",
            null,
            "HTTP/1.1",
            "192.0.2.1",
            1,
            200,
            0,
            0,
            Duration.ZERO,
            null,
            0,
            null,
            null,
            null,
            Map.of(),
            false,
            null);

    private static final RequestRetry RETRY = new RequestRetry(
            "id", "web", Slot.ACTIVE, "GET", "/", TargetAddress.parse("blue:80"), "reset", 1, Duration.ZERO);

    private final EngineFixture proxy = new EngineFixture();

    @Test
    void deploymentsAreHeardOfStepByStep() {
        proxy.probe.isUnhealthy("blue:80", "status 500");
        CompletableFuture<DeployResult> deployment = proxy.deploy("web", "blue");
        proxy.probe.isHealthy("blue:80");
        proxy.time.advance(Duration.ofSeconds(1));
        done(deployment);
        proxy.deploy("web", "green");
        proxy.engine.remove("web", Duration.ZERO);

        assertThat(proxy.listener.heard())
                .containsExactly(
                        "web Started",
                        "web Probed",
                        "web Probed",
                        "web BecameHealthy",
                        "web Swapped",
                        "web Started",
                        "web Probed",
                        "web BecameHealthy",
                        "web Swapped",
                        "web Drained",
                        "web removed");
    }

    @Test
    void theStepsHeardAreThoseOfTheResult() {
        QueueingExecutor executor = QueueingExecutor.queueing();
        EngineFixture queueing = new EngineFixture(executor);

        CompletableFuture<DeployResult> deployment = queueing.deploy("web", "blue");
        assertThat(queueing.listener.heard()).isEmpty();
        executor.runAll();

        assertThat(queueing.listener.heard())
                .isEqualTo(done(deployment).timeline().stream()
                        .map(event -> "web " + event.getClass().getSimpleName())
                        .toList());
    }

    @Test
    void aTargetThatLeavesTheRotationOrReturnsIsHeardOf() {
        done(proxy.deploy("web", "blue", "green"));
        proxy.probe.isUnhealthy("green:80", "status 500");
        proxy.time.advance(Duration.ofSeconds(3));
        proxy.probe.isHealthy("green:80");
        proxy.time.advance(Duration.ofSeconds(3));

        assertThat(proxy.listener.heard())
                .endsWith("web Swapped", "web green:80 status 500", "web green:80 status 200");
    }

    @Test
    void theFirstProbesOfAForcedDeploymentAreHeardOfAfterItsSwap() {
        proxy.probe.isUnhealthy("green:80", "status 500");

        proxy.deploy(Deployment.builder("web")
                .target("blue")
                .target("green")
                .force(true)
                .build());

        assertThat(proxy.listener.heard()).containsExactly("web Started", "web Swapped", "web green:80 status 500");
    }

    @Test
    void requestsAndTheirRetriesAreHeardOfOnTheThreadAtHand() {
        QueueingExecutor executor = QueueingExecutor.queueing();
        EngineFixture queueing = new EngineFixture(executor);

        queueing.engine.retried(RETRY);
        queueing.engine.requestEnded(REQUEST);

        assertThat(queueing.listener.heard()).containsExactly("retry 1 of id", "request id");
        assertThat(queueing.engine.hasListeners()).isTrue();
    }

    @Test
    void anEngineKnowsThatNobodyListens() {
        ProxyEngine engine = proxy.unheard(proxy.lifecycle);

        engine.retried(RETRY);
        engine.requestEnded(REQUEST);

        assertThat(engine.hasListeners()).isFalse();
    }

    @Test
    void aListenerThatThrowsChangesNothingAndKeepsNothingFromTheNext() {
        EngineFixture throwing = new EngineFixture(QueueingExecutor.direct(), new ThrowingListener());

        assertThat(done(throwing.deploy("web", "blue", "green")).generation()).isEqualTo(1);
        throwing.probe.isUnhealthy("green:80", "status 500");
        throwing.time.advance(Duration.ofSeconds(1));
        throwing.engine.retried(RETRY);
        throwing.engine.requestEnded(REQUEST);
        throwing.engine.remove("web", Duration.ZERO);

        assertThat(throwing.listener.heard())
                .containsExactly(
                        "web Started",
                        "web Probed",
                        "web BecameHealthy",
                        "web Probed",
                        "web BecameHealthy",
                        "web Swapped",
                        "web green:80 status 500",
                        "retry 1 of id",
                        "request id",
                        "web removed");
    }

    @Test
    void aListenerMayRemoveTheServiceThatItHearsOf() {
        Removing removing = new Removing();
        EngineFixture removed = new EngineFixture(QueueingExecutor.direct(), removing);
        removing.engine = removed.engine;

        done(removed.deploy("web", "blue"));

        assertThat(removing.removal).isCompleted();
        assertThat(removed.engine.list()).isEmpty();
        assertThat(removed.listener.heard()).endsWith("web Swapped", "web removed");
    }

    /** Wants no service. */
    private static final class Removing implements ProxyListener {
        private ProxyEngine engine;
        private CompletionStage<Void> removal;

        @Override
        public void onDeployment(String service, DeployEvent event) {
            if (event instanceof DeployEvent.Swapped) {
                removal = engine.removeAsync(service, Duration.ZERO);
            }
        }
    }

    private static final class ThrowingListener implements ProxyListener {
        @Override
        public void onRequest(RequestSummary request) {
            throw new IllegalStateException("on purpose");
        }

        @Override
        public void onRetry(RequestRetry retry) {
            throw new AssertionError("on purpose");
        }

        @Override
        public void onDeployment(String service, DeployEvent event) {
            throw new AssertionError("on purpose");
        }

        @Override
        public void onTargetHealth(String service, TargetAddress target, ProbeOutcome outcome) {
            throw new IllegalStateException("on purpose");
        }

        @Override
        public void onRemoved(String service) {
            throw new StackOverflowError("on purpose");
        }
    }
}
