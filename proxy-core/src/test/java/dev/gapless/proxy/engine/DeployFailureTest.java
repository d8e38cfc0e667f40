package dev.gapless.proxy.engine;

import dev.gapless.proxy.DeployFailedException;
import dev.gapless.proxy.DeployResult;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ServiceOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static dev.gapless.proxy.engine.EngineFixture.done;
import static dev.gapless.proxy.engine.EngineFixture.failure;
import static dev.gapless.proxy.engine.EngineFixture.steps;
import static org.assertj.core.api.Assertions.assertThat;

/** Whatever goes wrong with a deployment, the service goes on as before and nothing of the deployment stays behind. */
final class DeployFailureTest {
    private final EngineFixture proxy = new EngineFixture();
    private final DeployResult before = proxy.serve("web", ServiceOptions.builder());

    @AfterEach
    void theServiceGoesOnAndNothingStaysBehind() {
        assertThat(before.generation()).isEqualTo(1);
        assertThat(proxy.answer("http://example.com/")).isEqualTo("web:80");
        assertThat(proxy.time.scheduled()).isZero();
        int asked = proxy.probe.asked().size();
        proxy.time.advance(Duration.ofMinutes(10));
        assertThat(proxy.probe.asked()).hasSize(asked);
        assertThat(proxy.lifecycle.retired()).isEmpty();
        assertThat(done(proxy.deploy("web", "next")).generation()).isEqualTo(2);
    }

    private DeployFailedException failureAfter(Duration time, CompletableFuture<DeployResult> deployment) {
        proxy.time.advance(time);
        return failure(deployment, DeployFailedException.class);
    }

    @Test
    void aDeploymentThatIsNotHealthyInTimeNamesEachTargetsLastProbe() {
        proxy.probe.isUnhealthy("blue:80", "status 404");
        proxy.probe.isUnhealthy("red:80", "connection refused");
        CompletableFuture<DeployResult> deployment = proxy.deploy("web", "blue", "green", "red");
        proxy.time.advance(Duration.ofSeconds(10));
        proxy.probe.isUnhealthy("blue:80", "status 503");

        proxy.time.advance(Duration.ofMillis(19_999));
        assertThat(deployment).isNotDone();

        DeployFailedException failure = failureAfter(Duration.ofMillis(1), deployment);
        assertThat(failure)
                .hasMessageContaining("\"web\"")
                .hasMessageContaining("healthy")
                .hasMessageContaining("PT30S")
                .hasMessageContaining("blue:80 (last probe: status 503)")
                .hasMessageContaining("red:80 (last probe: connection refused)");
        assertThat(failure.getMessage()).doesNotContain("green");
        assertThat(steps(failure.result()))
                .startsWith("Started")
                .contains("Probed")
                .endsWith("Failed");
        assertThat(failure.result().timeToSwap()).isEmpty();
    }

    @Test
    void theDeployTimeoutCanBeSet() {
        proxy.probe.isUnhealthy("blue:80", "status 500");
        CompletableFuture<DeployResult> deployment = proxy.deploy(Deployment.builder("web")
                .target("blue")
                .deployTimeout(Duration.ofMillis(1500))
                .build());

        proxy.time.advance(Duration.ofMillis(1499));
        assertThat(deployment).isNotDone();
        failureAfter(Duration.ofMillis(1), deployment);
        assertThat(proxy.probe.timesAsked("blue:80")).isEqualTo(2);
    }

    @Test
    void aProbeThatIsNotAnsweredAtAllIsNamedToo() {
        proxy.probe.waits("blue:80");

        DeployFailedException failure = failureAfter(Duration.ofSeconds(30), proxy.deploy("web", "blue"));

        assertThat(failure).hasMessageContaining("blue:80 (no probe has been answered yet)");
    }

    @Test
    void anAnswerThatComesAfterTheDeadlineChangesNothing() {
        proxy.probe.waits("blue:80");
        failureAfter(Duration.ofSeconds(30), proxy.deploy("web", "blue"));

        proxy.probe.complete("blue:80", ScriptedProbe.healthy());

        assertThat(proxy.listener.heard()).last().isEqualTo("web Failed");
    }

    @Test
    void aTargetThatDoesNotResolveIsNamedAtOnce() {
        proxy.resolver.doesNotFind("nowhere:80", "no such host");

        DeployFailedException failure = failureAfter(Duration.ZERO, proxy.deploy("web", "blue", "nowhere"));

        assertThat(failure)
                .hasMessageContaining("target \"nowhere:80\" does not resolve")
                .hasMessageContaining("no such host");
        assertThat(proxy.probe.asked()).doesNotContain("blue:80");
        assertThat(steps(failure.result())).containsExactly("Started", "Failed");
    }

    @Test
    void evenIfItIsForced() {
        proxy.resolver.doesNotFind("nowhere:80", "no such host");

        DeployFailedException failure = failureAfter(
                Duration.ZERO,
                proxy.deploy(
                        Deployment.builder("web").target("nowhere").force(true).build()));

        assertThat(failure).hasMessageContaining("nowhere:80");
    }

    @Test
    void aResolverThatThrowsCountsAsOneThatFindsNothing() {
        proxy.resolver.answersWith("blue:80", () -> {
            throw new IllegalStateException("resolver broken");
        });

        DeployFailedException failure = failureAfter(Duration.ZERO, proxy.deploy("web", "blue"));

        assertThat(failure).hasMessageContaining("blue:80").hasMessageContaining("resolver broken");
    }

    @Test
    void aResolverThatNeverAnswersRunsIntoTheDeadline() {
        proxy.resolver.answersWith("blue:80", CompletableFuture::new);

        DeployFailedException failure = failureAfter(Duration.ofSeconds(30), proxy.deploy("web", "blue"));

        assertThat(failure).hasMessageContaining("blue:80");
        assertThat(proxy.probe.asked()).doesNotContain("blue:80");
    }

    @Test
    void aLateAnswerOfTheResolverChangesNothing() {
        CompletableFuture<Void> late = new CompletableFuture<>();
        proxy.resolver.answersWith("blue:80", () -> late);
        failureAfter(Duration.ofSeconds(30), proxy.deploy("web", "blue"));

        late.complete(null);

        assertThat(proxy.probe.asked()).doesNotContain("blue:80");
    }

    @Test
    void aProbeThatThrowsCountsAsUnhealthyForThatReason() {
        proxy.probe.answersWith("blue:80", () -> {
            throw new IllegalStateException("probe broken");
        });

        DeployFailedException failure = failureAfter(Duration.ofSeconds(30), proxy.deploy("web", "blue"));

        assertThat(failure).hasMessageContaining("blue:80 (last probe: probe broken)");
        assertThat(proxy.probe.timesAsked("blue:80")).isGreaterThan(1);
    }

    @Test
    void soDoesOneThatEndsWithoutAnOutcome() {
        proxy.probe.answersWith("blue:80", () -> CompletableFuture.completedFuture(null));

        DeployFailedException failure = failureAfter(Duration.ofSeconds(30), proxy.deploy("web", "blue"));

        assertThat(failure).hasMessageContaining("blue:80 (last probe: the probe ended without an outcome)");
    }

    @Test
    void soDoesOneWhoseStageFails() {
        IOException reset = new IOException("connection reset");
        proxy.probe.answersWith("blue:80", () -> CompletableFuture.failedFuture(new CompletionException(reset)));
        proxy.probe.answersWith("red:80", () -> CompletableFuture.failedFuture(new UncheckedIOException(null, reset)));
        proxy.probe.answersWith("green:80", () -> CompletableFuture.failedFuture(new StackOverflowError()));

        DeployFailedException failure =
                failureAfter(Duration.ofSeconds(30), proxy.deploy("web", "blue", "red", "green"));

        assertThat(failure)
                .hasMessageContaining("blue:80 (last probe: connection reset)")
                .hasMessageContaining("red:80 (last probe: UncheckedIOException)")
                .hasMessageContaining("green:80 (last probe: StackOverflowError)");
    }

    @Test
    void soDoesOneThatReturnsNothing() {
        proxy.probe.answersWith("blue:80", () -> null);

        DeployFailedException failure = failureAfter(Duration.ofSeconds(30), proxy.deploy("web", "blue", "green"));

        assertThat(failure).hasMessageContaining("blue:80 (last probe: ");
        assertThat(proxy.probe.timesAsked("blue:80")).isGreaterThan(1);
        assertThat(proxy.probe.timesAsked("green:80")).isGreaterThan(1);
    }
}
