package dev.gapless.proxy.engine;

import dev.gapless.proxy.DeployFailedException;
import dev.gapless.proxy.DeployResult;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.RouteConflictException;
import dev.gapless.proxy.ServiceNotFoundException;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

import static dev.gapless.proxy.engine.EngineFixture.done;
import static dev.gapless.proxy.engine.EngineFixture.failure;
import static dev.gapless.proxy.engine.EngineFixture.steps;
import static org.assertj.core.api.Assertions.assertThat;

/** Deployments of one service, one after the other. */
final class DeployQueueTest {
    private final EngineFixture proxy = new EngineFixture();

    @Test
    void aDeploymentWaitsForTheOneThatIsRunningAndBothAreReported() {
        proxy.probe.waits("blue:80");
        CompletableFuture<DeployResult> first = proxy.deploy("web", "blue");
        CompletableFuture<DeployResult> second = proxy.deploy("web", "green");
        assertThat(proxy.probe.asked()).containsExactly("blue:80");

        proxy.probe.complete("blue:80", ScriptedProbe.healthy());

        assertThat(done(first).generation()).isEqualTo(1);
        assertThat(done(second).generation()).isEqualTo(2);
        assertThat(proxy.answer("http://example.com/")).isEqualTo("green:80");
        assertThat(proxy.lifecycle.retired()).containsExactly("blue:80");
    }

    @Test
    void itWaitsForTheDrainToo() {
        done(proxy.deploy("web", "blue"));
        Lease lease = proxy.request("http://example.com/");
        CompletableFuture<DeployResult> first = proxy.deploy("web", "green");
        CompletableFuture<DeployResult> second = proxy.deploy("web", "red");
        assertThat(proxy.probe.asked()).doesNotContain("red:80");

        lease.release();

        assertThat(first).isCompleted();
        assertThat(second).isCompleted();
    }

    @Test
    void itsTimelineBeginsWithTheCallAndItsDeadlineWithItsTurn() {
        proxy.probe.waits("blue:80");
        proxy.probe.isUnhealthy("green:80", "status 500");
        proxy.deploy("web", "blue");
        CompletableFuture<DeployResult> second = proxy.deploy("web", "green");

        proxy.time.advance(Duration.ofSeconds(20));
        proxy.probe.complete("blue:80", ScriptedProbe.healthy());
        proxy.time.advance(Duration.ofSeconds(29));
        assertThat(second).isNotDone();

        proxy.time.advance(Duration.ofSeconds(1));
        DeployResult result = failure(second, DeployFailedException.class).result();
        assertThat(result.timeline().get(0).at()).isEqualTo(Duration.ofSeconds(20));
    }

    @Test
    void aDeploymentThatFailsMakesWayForTheNext() {
        proxy.probe.isUnhealthy("blue:80", "status 500");
        CompletableFuture<DeployResult> first = proxy.deploy("web", "blue");
        CompletableFuture<DeployResult> second = proxy.deploy("web", "green");

        proxy.time.advance(Duration.ofSeconds(30));

        failure(first, DeployFailedException.class);
        assertThat(done(second).generation()).isEqualTo(1);
    }

    @Test
    void soDoesOneThatConflicts() {
        proxy.serve("other", ServiceOptions.builder().host("example.com"));
        proxy.probe.waits("blue:80");
        CompletableFuture<DeployResult> first = proxy.deploy("web", "blue");
        CompletableFuture<DeployResult> conflicting = proxy.deploy(Deployment.builder("web")
                .target("green")
                .options(ServiceOptions.builder().host("example.com").build())
                .build());
        CompletableFuture<DeployResult> last = proxy.deploy("web", "red");

        proxy.probe.complete("blue:80", ScriptedProbe.healthy());

        assertThat(first).isCompleted();
        failure(conflicting, RouteConflictException.class);
        assertThat(done(last).generation()).isEqualTo(2);
    }

    @Test
    void deploymentsOfDifferentServicesDoNotWaitForEachOther() {
        proxy.probe.waits("blue:80");
        CompletableFuture<DeployResult> first = proxy.deploy("web", "blue");

        proxy.serve("other", ServiceOptions.builder().host("example.com"));

        assertThat(first).isNotDone();
    }

    @Test
    void theyAreTakenInTheOrderOfTheCalls() {
        proxy.probe.waits("v0:80");
        CompletableFuture<DeployResult> first = proxy.deploy("web", "v0");
        List<CompletableFuture<DeployResult>> queued =
                List.of(proxy.deploy("web", "v1"), proxy.deploy("web", "v2"), proxy.deploy("web", "v3"));

        proxy.probe.complete("v0:80", ScriptedProbe.healthy());

        assertThat(done(first).generation()).isEqualTo(1);
        assertThat(queued.stream().map(EngineFixture::done).map(DeployResult::generation))
                .containsExactly(2, 3, 4);
        assertThat(proxy.probe.asked()).containsExactly("v0:80", "v1:80", "v2:80", "v3:80");
    }

    @Test
    void whoeverHearsOfTheEndMayDeployAgainAndWaitForThat() {
        proxy.probe.waits("blue:80");
        CompletableFuture<Integer> both = proxy.deploy("web", "blue")
                .thenApply(first -> proxy.engine.deploy(Deployment.of("web", "green")))
                .thenApply(DeployResult::generation);

        proxy.probe.complete("blue:80", ScriptedProbe.healthy());

        assertThat(done(both)).isEqualTo(2);
    }

    @Test
    void whoeverHearsOfAFailureFindsNothingOfItLeft() {
        proxy.resolver.doesNotFind("nowhere:80", "unknown");

        CompletableFuture<?> removal = proxy.deploy("web", "nowhere")
                .handle((result, failure) -> proxy.engine.removeAsync("web", Duration.ZERO))
                .thenCompose(stage -> stage);

        failure(removal, ServiceNotFoundException.class);
    }

    @Test
    void whatIsReportedIsReportedOnTheExecutor() {
        QueueingExecutor executor = QueueingExecutor.queueing();
        EngineFixture queueing = new EngineFixture(executor);

        CompletableFuture<DeployResult> deployment = queueing.deploy("web", "blue");
        assertThat(deployment).isNotDone();
        executor.runAll();
        assertThat(done(deployment).generation()).isEqualTo(1);

        Lease lease = queueing.request("http://example.com/");
        CompletableFuture<DeployResult> replacement = queueing.deploy("web", "green");
        CompletableFuture<Void> removal = queueing.engine.removeAsync("other", Duration.ZERO);
        executor.runAll();
        lease.release();
        assertThat(replacement).isNotDone();
        assertThat(queueing.lifecycle.retired()).isEmpty();
        executor.runAll();
        assertThat(steps(done(replacement))).endsWith("Swapped", "Drained");
        assertThat(queueing.lifecycle.retired()).containsExactly("blue:80");
        failure(removal, ServiceNotFoundException.class);
    }

    @Test
    void anExecutorThatHasBeenShutDownKeepsNobodyWaiting() {
        QueueingExecutor executor = QueueingExecutor.queueing();
        EngineFixture stopping = new EngineFixture(executor);
        stopping.probe.waits("blue:80");
        CompletableFuture<DeployResult> deployment = stopping.deploy("web", "blue");
        executor.runAll();
        executor.shutDown();

        stopping.probe.complete("blue:80", ScriptedProbe.healthy());

        assertThat(done(deployment).generation()).isEqualTo(1);
    }
}
