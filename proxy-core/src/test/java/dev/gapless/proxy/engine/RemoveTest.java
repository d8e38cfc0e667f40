package dev.gapless.proxy.engine;

import dev.gapless.proxy.DeployFailedException;
import dev.gapless.proxy.DeployResult;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ServiceNotFoundException;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.WaitInterruptedException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static dev.gapless.proxy.engine.EngineFixture.done;
import static dev.gapless.proxy.engine.EngineFixture.failure;
import static dev.gapless.proxy.engine.EngineFixture.steps;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

final class RemoveTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final EngineFixture proxy = new EngineFixture();

    private CompletableFuture<Void> remove(String service) {
        return proxy.engine.removeAsync(service, MINUTE);
    }

    @Test
    void aServiceThatIsRemovedIsNotFoundAndItsTargetsAreRetired() {
        proxy.serve("web", ServiceOptions.builder());

        proxy.engine.remove("web");

        assertThat(proxy.answer("http://example.com/")).isEqualTo("404");
        assertThat(proxy.engine.list()).isEmpty();
        assertThat(proxy.lifecycle.retired()).containsExactly("web:80");
        assertThat(proxy.listener.heard()).last().isEqualTo("web removed");
    }

    @Test
    void theRoutesGoAtOnceAndTheRequestsInFlightAreWaitedFor() {
        proxy.serve("web", ServiceOptions.builder());
        Lease lease = proxy.request("http://example.com/");

        CompletableFuture<Void> removal = remove("web");

        assertThat(proxy.answer("http://example.com/")).isEqualTo("404");
        assertThat(proxy.engine.list()).isEmpty();
        assertThat(removal).isNotDone();
        assertThat(proxy.listener.heard()).doesNotContain("web removed");

        lease.release();
        assertThat(removal).isCompleted();
        assertThat(proxy.lifecycle.retired()).containsExactly("web:80");
        assertThat(proxy.time.scheduled()).isZero();
    }

    @Test
    void whatIsStillInFlightAtTheDrainTimeoutIsCut() {
        proxy.serve("web", ServiceOptions.builder());
        CompletableFuture<Void> cut = new CompletableFuture<>();
        proxy.request("http://example.com/").onCut(() -> cut.complete(null));
        CompletableFuture<Void> removal = remove("web");

        proxy.time.advance(MINUTE.minusNanos(1));
        assertThat(cut).isNotDone();

        proxy.time.advance(Duration.ofNanos(1));
        assertThat(cut).isDone();
        assertThat(removal).isCompleted();
    }

    @Test
    void theOtherServicesAreNotTouched() {
        proxy.serve("web", ServiceOptions.builder().host("example.com"));
        proxy.serve("other", ServiceOptions.builder().host("example.com").pathPrefix("/other"));

        proxy.engine.remove("web", MINUTE);

        assertThat(proxy.route("http://example.com/other/x")).isEqualTo("other /x");
    }

    @Test
    void anUnknownServiceIsNotFound() {
        assertThatThrownBy(() -> proxy.engine.remove("web"))
                .isInstanceOfSatisfying(
                        ServiceNotFoundException.class,
                        failure -> assertThat(failure.service()).isEqualTo("web"))
                .hasMessage("service \"web\" not found");
        failure(remove("web"), ServiceNotFoundException.class);
    }

    @Test
    void aServiceCanBeRemovedOnlyOnce() {
        proxy.serve("web", ServiceOptions.builder());
        Lease lease = proxy.request("http://example.com/");
        CompletableFuture<Void> first = remove("web");

        failure(remove("web"), ServiceNotFoundException.class);

        lease.release();
        assertThat(first).isCompleted();
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT-0.001S", "PT-1S", "P36501D", "PT2562047788015215H30M7S"})
    void aDrainTimeoutThatIsNegativeOrLongerThanACenturyIsRefused(Duration timeout) {
        proxy.serve("web", ServiceOptions.builder());

        assertThatIllegalArgumentException()
                .isThrownBy(() -> proxy.engine.removeAsync("web", timeout))
                .withMessageContaining("drain timeout " + timeout);
        assertThatIllegalArgumentException().isThrownBy(() -> proxy.engine.remove("web", timeout));
        assertThat(proxy.answer("http://example.com/")).isEqualTo("web:80");
    }

    @Test
    void aRemovedServiceCanBeDeployedAgainWhileTheRemovalDrains() {
        proxy.serve("web", ServiceOptions.builder());
        Lease lease = proxy.request("http://example.com/");
        CompletableFuture<Void> removal = remove("web");

        DeployResult again = done(proxy.deploy("web", "again"));

        assertThat(again.generation()).isEqualTo(1);
        assertThat(again.drainTime()).isEmpty();
        assertThat(removal).isNotDone();
        lease.release();
        assertThat(removal).isCompleted();
        assertThat(proxy.answer("http://example.com/")).isEqualTo("again:80");
        assertThat(proxy.lifecycle.retired()).containsExactly("web:80");
    }

    @Test
    void itEndsAFirstDeploymentThatIsRunning() {
        proxy.probe.waits("blue:80");
        CompletableFuture<DeployResult> deployment = proxy.deploy("web", "blue");

        CompletableFuture<Void> removal = remove("web");

        assertThat(removal).isCompleted();
        assertThat(failure(deployment, DeployFailedException.class))
                .hasMessageContaining("\"web\"")
                .hasMessageContaining("removed");
        proxy.probe.complete("blue:80", ScriptedProbe.healthy());
        assertThat(proxy.engine.list()).isEmpty();
        assertThat(proxy.answer("http://example.com/")).isEqualTo("404");
        assertThat(proxy.time.scheduled()).isZero();
    }

    @Test
    void itEndsALaterDeploymentThatIsRunningAndTheQueuedOnesAndNothingComesBack() {
        proxy.serve("web", ServiceOptions.builder());
        proxy.probe.waits("blue:80");
        CompletableFuture<DeployResult> running = proxy.deploy("web", "blue");
        CompletableFuture<DeployResult> queued = proxy.deploy("web", "green");
        CompletableFuture<DeployResult> forced =
                proxy.deploy(Deployment.builder("web").target("red").force(true).build());

        CompletableFuture<Void> removal = remove("web");

        assertThat(removal).isCompleted();
        assertThat(failure(running, DeployFailedException.class)).hasMessageContaining("removed");
        assertThat(failure(queued, DeployFailedException.class)).hasMessageContaining("removed");
        assertThat(failure(forced, DeployFailedException.class)).hasMessageContaining("removed");
        proxy.probe.complete("blue:80", ScriptedProbe.healthy());
        proxy.time.advance(Duration.ofMinutes(1));
        assertThat(proxy.engine.list()).isEmpty();
        assertThat(proxy.answer("http://example.com/")).isEqualTo("404");
        assertThat(proxy.time.scheduled()).isZero();
        assertThat(proxy.lifecycle.retired()).containsExactly("web:80");
    }

    @Test
    void aQueuedDeploymentThatItEndsNeverBegins() {
        proxy.serve("web", ServiceOptions.builder());
        proxy.probe.waits("blue:80");
        proxy.deploy("web", "blue");
        CompletableFuture<DeployResult> queued = proxy.deploy("web", "green");

        remove("web");

        DeployFailedException failure = failure(queued, DeployFailedException.class);
        assertThat(steps(failure.result())).containsExactly("Failed");
        assertThat(proxy.probe.asked()).doesNotContain("green:80");
    }

    @Test
    void aDeploymentThatHasSwappedFinishesItsDrainAndIsReported() {
        proxy.serve("web", ServiceOptions.builder());
        Lease old = proxy.request("http://example.com/");
        CompletableFuture<DeployResult> deployment = proxy.deploy("web", "blue");
        Lease recent = proxy.request("http://example.com/");

        CompletableFuture<Void> removal = remove("web");
        assertThat(proxy.answer("http://example.com/")).isEqualTo("404");

        recent.release();
        assertThat(removal).isCompleted();
        assertThat(deployment).isNotDone();
        old.release();
        assertThat(done(deployment).generation()).isEqualTo(2);
        assertThat(proxy.lifecycle.retired()).containsExactlyInAnyOrder("web:80", "blue:80");
    }

    @Test
    void aDeploymentCalledForAfterARemovalIsNotEndedByIt() {
        QueueingExecutor executor = QueueingExecutor.queueing();
        EngineFixture queueing = new EngineFixture(executor);
        queueing.probe.waits("blue:80");
        CompletableFuture<DeployResult> before = queueing.deploy("web", "blue");
        queueing.engine.removeAsync("web", MINUTE);

        CompletableFuture<DeployResult> after = queueing.deploy("web", "green");
        executor.runAll();

        failure(before, DeployFailedException.class);
        assertThat(done(after).generation()).isEqualTo(1);
        assertThat(queueing.answer("http://example.com/")).isEqualTo("green:80");
    }

    @Test
    void aRemovalGoesOnWhenTheThreadThatWaitsForItIsInterrupted() {
        proxy.serve("web", ServiceOptions.builder());
        Lease lease = proxy.request("http://example.com/");

        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> proxy.engine.remove("web"))
                .isInstanceOf(WaitInterruptedException.class)
                .hasMessageContaining("the removal of \"web\"");
        assertThat(Thread.interrupted()).isTrue();

        lease.release();
        assertThat(proxy.lifecycle.retired()).containsExactly("web:80");
    }
}
