package dev.gapless.proxy.engine;

import dev.gapless.proxy.DeployFailedException;
import dev.gapless.proxy.DeployResult;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

import static dev.gapless.proxy.engine.EngineFixture.done;
import static dev.gapless.proxy.engine.EngineFixture.failure;
import static org.assertj.core.api.Assertions.assertThat;

final class EngineStopTest {
    private final EngineFixture proxy = new EngineFixture();

    private static Deployment forced(String target) {
        return Deployment.builder("web").target(target).force(true).build();
    }

    @Test
    void deploymentsThatAreProbedOrQueuedFail() {
        done(proxy.deploy("web", "old"));
        proxy.probe.waits("blue:80");
        CompletableFuture<DeployResult> running = proxy.deploy("web", "blue");
        CompletableFuture<DeployResult> queued = proxy.deploy("web", "green");
        CompletableFuture<DeployResult> forced = proxy.deploy(forced("red"));

        proxy.engine.stop();

        assertThat(failure(running, DeployFailedException.class)).hasMessageContaining("stopped");
        assertThat(failure(queued, DeployFailedException.class)).hasMessageContaining("stopped");
        assertThat(failure(forced, DeployFailedException.class)).hasMessageContaining("stopped");
        assertThat(proxy.probe.asked()).doesNotContain("green:80");
        assertThat(proxy.answer("http://example.com/")).isEqualTo("old:80");
        assertThat(proxy.time.scheduled()).isZero();
    }

    @Test
    void noDeploymentIsTakenAfterwards() {
        proxy.engine.stop();

        CompletableFuture<DeployResult> late = proxy.deploy(forced("blue"));

        assertThat(failure(late, DeployFailedException.class)).hasMessageContaining("stopped");
        assertThat(proxy.engine.list()).isEmpty();
        assertThat(proxy.probe.asked()).isEmpty();
    }

    @Test
    void requestsGoOn() {
        done(proxy.deploy("web", "blue"));
        Lease lease = proxy.request("http://example.com/");

        proxy.engine.stop();

        assertThat(proxy.answer("http://example.com/")).isEqualTo("blue:80");
        assertThat(lease.target().inFlight()).isEqualTo(1);
    }

    @Test
    void aPoolIsProbedNoMore() {
        done(proxy.deploy("web", "blue", "green"));
        proxy.time.advance(Duration.ofSeconds(3));
        int asked = proxy.probe.asked().size();

        proxy.engine.stop();
        proxy.time.advance(Duration.ofSeconds(3));

        assertThat(proxy.probe.asked()).hasSize(asked);
        assertThat(proxy.time.scheduled()).isZero();
    }

    @Test
    void aProbeUnderWayIsTheLast() {
        done(proxy.deploy("web", "blue", "green"));
        proxy.probe.waits("blue:80");
        proxy.time.advance(Duration.ofSeconds(1));

        proxy.engine.stop();
        proxy.probe.complete("blue:80", ScriptedProbe.unhealthy("gone"));

        assertThat(proxy.time.scheduled()).isZero();
        assertThat(proxy.listener.heard()).doesNotContain("web blue:80 gone");
    }

    @Test
    void aDeploymentThatHasSwappedDrainsToItsEnd() {
        done(proxy.deploy("web", "blue"));
        Lease lease = proxy.request("http://example.com/");
        CompletableFuture<DeployResult> deployment = proxy.deploy("web", "green");

        proxy.engine.stop();
        assertThat(deployment).isNotDone();
        lease.release();

        assertThat(done(deployment).generation()).isEqualTo(2);
    }

    @Test
    void aServiceCanStillBeRemoved() {
        done(proxy.deploy("web", "blue"));
        Lease lease = proxy.request("http://example.com/");
        proxy.engine.stop();

        CompletableFuture<Void> removal = proxy.engine.removeAsync("web", Duration.ofSeconds(1));
        proxy.time.advance(Duration.ofSeconds(1));

        assertThat(removal).isCompleted();
        assertThat(lease.target().inFlight()).isZero();
    }

    @Test
    void stoppingTwiceIsStoppingOnce() {
        proxy.serve("web", ServiceOptions.builder());

        proxy.engine.stop();
        proxy.engine.stop();

        assertThat(proxy.answer("http://example.com/")).isEqualTo("web:80");
    }
}
