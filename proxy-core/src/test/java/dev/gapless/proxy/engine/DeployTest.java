package dev.gapless.proxy.engine;

import dev.gapless.proxy.DeployEvent;
import dev.gapless.proxy.DeployFailedException;
import dev.gapless.proxy.DeployResult;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.ProbeOutcome;
import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TargetAddress;
import dev.gapless.proxy.WaitInterruptedException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

import static dev.gapless.proxy.engine.EngineFixture.done;
import static dev.gapless.proxy.engine.EngineFixture.failure;
import static dev.gapless.proxy.engine.EngineFixture.steps;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

final class DeployTest {
    private static final TargetAddress BLUE = TargetAddress.parse("blue:80");
    private static final TargetAddress GREEN = TargetAddress.parse("green:80");

    private final EngineFixture proxy = new EngineFixture();

    private static Duration seconds(long seconds) {
        return Duration.ofSeconds(seconds);
    }

    @Test
    void theTimelineHasEachStepAndWhenItWasTaken() {
        proxy.serve("web", ServiceOptions.builder());
        Lease old = proxy.request("http://example.com/");
        proxy.probe.waits("blue:80");
        Instant start = proxy.time.now();

        CompletableFuture<DeployResult> deployment = proxy.deploy("web", "blue");
        proxy.time.advance(seconds(2));
        proxy.probe.complete("blue:80", ScriptedProbe.unhealthy("status 500"));
        proxy.time.advance(seconds(1));
        proxy.time.advance(Duration.ofMillis(5));
        proxy.probe.complete("blue:80", ScriptedProbe.healthy());
        proxy.time.advance(seconds(7));
        old.release();

        DeployResult result = done(deployment);
        assertThat(result.service()).isEqualTo("web");
        assertThat(result.startedAt()).isEqualTo(start);
        assertThat(result.timeline())
                .containsExactly(
                        new DeployEvent.Started(Duration.ZERO, List.of(BLUE)),
                        new DeployEvent.Probed(seconds(2), BLUE, ScriptedProbe.unhealthy("status 500"), seconds(2)),
                        new DeployEvent.Probed(
                                Duration.ofMillis(3005), BLUE, ScriptedProbe.healthy(), Duration.ofMillis(5)),
                        new DeployEvent.BecameHealthy(Duration.ofMillis(3005), BLUE),
                        new DeployEvent.Swapped(Duration.ofMillis(3005), 2),
                        new DeployEvent.Drained(Duration.ofMillis(10_005), seconds(7)));
        assertThat(result.timeToSwap()).contains(Duration.ofMillis(3005));
        assertThat(result.drainTime()).contains(seconds(7));
        assertThat(result.generation()).isEqualTo(2);
        assertThat(result.requestsCut()).isZero();
    }

    @Test
    void theFirstDeploymentOfAServiceHasNothingToDrain() {
        DeployResult result = done(proxy.deploy("web", "blue"));

        assertThat(steps(result)).containsExactly("Started", "Probed", "BecameHealthy", "Swapped");
        assertThat(result.drainTime()).isEmpty();
        assertThat(proxy.answer("http://example.com/")).isEqualTo("blue:80");
        assertThat(proxy.lifecycle.retired()).isEmpty();
    }

    @Test
    void requestsGoToTheReplacedTargetUntilTheNewOneIsHealthyAndThenToThatOne() {
        done(proxy.deploy("web", "blue"));
        proxy.probe.waits("green:80");

        CompletableFuture<DeployResult> deployment = proxy.deploy("web", "green");
        assertThat(proxy.answer("http://example.com/")).isEqualTo("blue:80");

        proxy.probe.complete("green:80", ScriptedProbe.healthy());
        assertThat(proxy.answer("http://example.com/")).isEqualTo("green:80");
        assertThat(deployment).isCompleted();
        assertThat(proxy.lifecycle.retired()).containsExactly("blue:80");
    }

    @Test
    void trafficWaitsForTheLastOfSeveralTargets() {
        proxy.probe.waits("blue:80");
        proxy.probe.waits("green:80");
        CompletableFuture<DeployResult> deployment = proxy.deploy("web", "blue", "green");

        proxy.probe.complete("green:80", ScriptedProbe.healthy());
        assertThat(proxy.answer("http://example.com/")).isEqualTo("404");

        proxy.probe.complete("blue:80", ScriptedProbe.healthy());
        assertThat(proxy.answer("http://example.com/")).isEqualTo("blue:80");
        assertThat(done(deployment).timeline())
                .filteredOn(DeployEvent.BecameHealthy.class::isInstance)
                .extracting(event -> ((DeployEvent.BecameHealthy) event).target())
                .containsExactly(GREEN, BLUE);
    }

    @Test
    void aTargetThatWasHealthyAndFailsAgainBeforeTheSwapHoldsItUp() {
        proxy.probe.waits("blue:80");
        CompletableFuture<DeployResult> deployment = proxy.deploy("web", "blue", "green");
        proxy.probe.isUnhealthy("green:80", "status 503");
        proxy.time.advance(seconds(1));

        proxy.probe.complete("blue:80", ScriptedProbe.healthy());
        assertThat(deployment).isNotDone();

        proxy.probe.isHealthy("green:80");
        proxy.time.advance(seconds(1));
        assertThat(deployment).isCompleted();
    }

    @Test
    void aTargetIsProbedOneIntervalAfterItsLastAnswer() {
        proxy.probe.waits("blue:80");
        proxy.deploy("web", "blue");
        proxy.time.advance(seconds(4));
        assertThat(proxy.probe.timesAsked("blue:80")).isEqualTo(1);

        proxy.probe.complete("blue:80", ScriptedProbe.unhealthy("slow"));
        proxy.time.advance(Duration.ofMillis(999));
        assertThat(proxy.probe.timesAsked("blue:80")).isEqualTo(1);

        proxy.time.advance(Duration.ofMillis(1));
        assertThat(proxy.probe.timesAsked("blue:80")).isEqualTo(2);
    }

    @Test
    void theIntervalIsTheOneOfTheHealthCheck() {
        proxy.probe.isUnhealthy("blue:80", "status 500");
        HealthCheck often =
                HealthCheck.builder().interval(Duration.ofMillis(10)).build();
        proxy.deploy(Deployment.builder("web")
                .target("blue")
                .options(ServiceOptions.builder().healthCheck(often).build())
                .build());

        proxy.time.advance(seconds(1));

        assertThat(proxy.probe.timesAsked("blue:80")).isEqualTo(101);
    }

    @Test
    void thresholdsDoNotCountForATargetThatWasNeverHealthy() {
        HealthCheck strict = HealthCheck.builder()
                .successesUntilHealthy(5)
                .failuresUntilUnhealthy(5)
                .build();

        CompletableFuture<DeployResult> deployment = proxy.deploy(Deployment.builder("web")
                .target("blue")
                .options(ServiceOptions.builder().healthCheck(strict).build())
                .build());

        assertThat(done(deployment).timeToSwap()).contains(Duration.ZERO);
    }

    @Test
    void forceSendsTrafficAtOnceAndAsksNobody() {
        done(proxy.deploy("web", "blue"));
        proxy.probe.waits("green:80");

        DeployResult result = done(proxy.deploy(
                Deployment.builder("web").target("green").force(true).build()));

        assertThat(steps(result)).containsExactly("Started", "Swapped", "Drained");
        assertThat(proxy.answer("http://example.com/")).isEqualTo("green:80");
        assertThat(proxy.probe.asked()).doesNotContain("green:80");
    }

    @Test
    void aDeploymentTakesItsOptionsAsAWhole() {
        proxy.serve("web", ServiceOptions.builder().host("example.com").responseTimeout(seconds(1)));

        proxy.serve("web", ServiceOptions.builder().pathPrefix("/api"));

        ServiceInfo info = proxy.engine.list().get(0);
        assertThat(info.options().hosts()).isEmpty();
        assertThat(info.options().pathPrefixes()).containsExactly("/api");
        assertThat(info.options().responseTimeout()).isEqualTo(seconds(30));
    }

    @Test
    void generationsCountTheDeploymentsThatCameToTheSwap() {
        assertThat(done(proxy.deploy("web", "blue")).generation()).isEqualTo(1);
        proxy.resolver.doesNotFind("nowhere:80", "unknown");
        assertThat(failure(proxy.deploy("web", "nowhere"), DeployFailedException.class)
                        .result()
                        .generation())
                .isZero();
        assertThat(done(proxy.deploy("web", "green")).generation()).isEqualTo(2);
        assertThat(proxy.serve("other", ServiceOptions.builder().host("example.com"))
                        .generation())
                .isEqualTo(1);
        assertThat(proxy.engine.list()).extracting(ServiceInfo::generation).containsExactly(1, 2);
    }

    @Test
    void servicesAreListedByName() {
        proxy.serve("c", ServiceOptions.builder().host("c.example.com"));
        proxy.serve("a", ServiceOptions.builder().host("a.example.com"));
        proxy.serve("b", ServiceOptions.builder().host("b.example.com"));
        Lease lease = proxy.request("http://b.example.com/");

        List<ServiceInfo> services = proxy.engine.list();

        assertThat(services).extracting(ServiceInfo::name).containsExactly("a", "b", "c");
        assertThat(services).extracting(ServiceInfo::state).containsOnly(ServiceInfo.State.RUNNING);
        assertThat(services.get(1).targets())
                .containsExactly(
                        new ServiceInfo.TargetInfo(TargetAddress.parse("b:80"), ServiceInfo.Role.WRITER, true, 1));
        lease.release();
        assertThat(proxy.engine.list().get(1).targets().get(0).requestsInFlight())
                .isZero();
        assertThat(services.get(1).targets().get(0).requestsInFlight()).isEqualTo(1);
    }

    @Test
    void theBlockingFormReturnsTheResult() {
        assertThat(proxy.engine.deploy(Deployment.of("web", "blue")).generation())
                .isEqualTo(1);
    }

    @Test
    void theBlockingFormThrowsWhatWentWrong() {
        proxy.resolver.doesNotFind("nowhere:80", "unknown");

        assertThatThrownBy(() -> proxy.engine.deploy(Deployment.of("web", "nowhere")))
                .isInstanceOf(DeployFailedException.class)
                .hasMessageContaining("nowhere:80");
    }

    @Test
    void theAsynchronousFormFailsWithTheSameException() {
        proxy.resolver.doesNotFind("nowhere:80", "unknown");

        Throwable failure =
                proxy.deploy("web", "nowhere").handle((result, e) -> e).join();

        assertThat(failure).isInstanceOf(DeployFailedException.class);
    }

    @Test
    void aDeploymentGoesOnWhenTheThreadThatWaitsForItIsInterrupted() {
        proxy.probe.waits("blue:80");

        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> proxy.engine.deploy(Deployment.of("web", "blue")))
                .isInstanceOf(WaitInterruptedException.class)
                .hasMessageContaining("the deployment of \"web\"")
                .hasMessageContaining("goes on");
        assertThat(Thread.interrupted()).isTrue();

        proxy.probe.complete("blue:80", ScriptedProbe.healthy());
        assertThat(proxy.answer("http://example.com/")).isEqualTo("blue:80");
    }

    @Test
    void nobodyCanEndADeploymentThroughTheStageThatReportsIt() {
        proxy.probe.waits("blue:80");
        CompletableFuture<DeployResult> stage = proxy.deploy("web", "blue");
        stage.cancel(true);
        CompletableFuture<DeployResult> next = proxy.deploy("web", "green");

        proxy.probe.complete("blue:80", ScriptedProbe.healthy());

        assertThat(done(next).generation()).isEqualTo(2);
    }

    @Test
    void aLongDeploymentKeepsTheFirstThousandProbesAndItsEnd() {
        proxy.probe.isUnhealthy("blue:80", "status 500");
        HealthCheck often = HealthCheck.builder().interval(Duration.ofMillis(1)).build();
        CompletableFuture<DeployResult> deployment = proxy.deploy(Deployment.builder("web")
                .target("blue")
                .options(ServiceOptions.builder().healthCheck(often).build())
                .build());
        proxy.time.advance(seconds(2));
        proxy.probe.isHealthy("blue:80");
        proxy.time.advance(Duration.ofMillis(1));

        List<String> steps = steps(done(deployment));

        assertThat(steps).filteredOn("Probed"::equals).hasSize(1000);
        assertThat(steps).endsWith("Probed", "BecameHealthy", "Swapped");
    }

    @Test
    void whatTheTargetAnsweredLastIsTheOutcomeThatCounts() {
        ProbeOutcome noContent = new ProbeOutcome.Healthy(204);
        proxy.probe.answersWith("blue:80", () -> CompletableFuture.completedFuture(noContent));

        DeployResult result = done(proxy.deploy("web", "blue"));

        assertThat(result.timeline()).contains(new DeployEvent.Probed(Duration.ZERO, BLUE, noContent, Duration.ZERO));
    }

    @Test
    void servicesAreListedByTheCodePointsOfTheirNames() {
        for (String name : List.of("\ud83d\ude00", "\uff5e", "b", "B", "a")) {
            ServiceOptions.Builder options = ServiceOptions.builder().pathPrefix("/" + name);
            done(proxy.deploy(Deployment.builder(name)
                    .target("t")
                    .options(options.build())
                    .build()));
        }

        assertThat(proxy.engine.list())
                .extracting(ServiceInfo::name)
                .containsExactly("B", "a", "b", "\uff5e", "\ud83d\ude00");
    }
}
