package dev.gapless.proxy.engine;

import dev.gapless.proxy.DeployResult;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.DrainResult;
import dev.gapless.proxy.RolloutSplit;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static dev.gapless.proxy.engine.EngineFixture.done;
import static org.assertj.core.api.Assertions.assertThat;

/** What a pause or a stop does with the requests that are in flight. */
final class PauseDrainTest {
    private static final String WEB = "http://example.com/";

    private final EngineFixture proxy = new EngineFixture();

    @BeforeEach
    void serve() {
        done(proxy.deploy("web", "a"));
    }

    @Test
    void aPauseEndsWithTheLastRequestInFlight() {
        HeldRequest first = proxy.send(WEB);
        HeldRequest second = proxy.send(WEB);
        CompletableFuture<DrainResult> pause = proxy.pause("web");
        proxy.advance(Duration.ofSeconds(2));

        first.end();
        assertThat(pause).isNotDone();
        second.end();

        assertThat(done(pause)).isEqualTo(new DrainResult(Duration.ofSeconds(2), 0));
        assertThat(proxy.time.scheduled()).isZero();
        assertThat(proxy.lifecycle.retired()).isEmpty();
    }

    @Test
    void aPauseWithNothingInFlightIsOverAtOnce() {
        assertThat(done(proxy.pause("web"))).isEqualTo(new DrainResult(Duration.ZERO, 0));
        assertThat(proxy.time.scheduled()).isZero();
    }

    @Test
    void whatIsInFlightAtTheDrainTimeoutIsCutAndCounted() {
        HeldRequest request = proxy.send(WEB);
        proxy.send(WEB);
        CompletableFuture<DrainResult> pause = proxy.pause("web");
        HeldRequest held = proxy.send(WEB);

        proxy.advance(Duration.ofSeconds(30));

        assertThat(done(pause)).isEqualTo(new DrainResult(Duration.ofSeconds(30), 2));
        assertThat(request.heard()).containsExactly("a:80", "cut");
        assertThat(held.last()).isEqualTo("held");
    }

    @Test
    void aPauseCountsItsOwnCutsOnly() {
        proxy.send(WEB);
        proxy.engine.pauseAsync("web", Duration.ZERO, Duration.ofSeconds(60));
        proxy.time.runDue();
        proxy.engine.resume("web");
        proxy.send(WEB);

        CompletableFuture<DrainResult> pause = proxy.engine.pauseAsync("web", Duration.ZERO, Duration.ofSeconds(60));
        proxy.time.runDue();

        assertThat(done(pause).requestsCut()).isEqualTo(1);
    }

    @Test
    void targetsTakeRequestsAgainAfterTheCut() {
        proxy.send(WEB);
        proxy.engine.pauseAsync("web", Duration.ZERO, Duration.ofSeconds(60));
        proxy.time.runDue();

        proxy.engine.resume("web");

        assertThat(proxy.answer(WEB)).isEqualTo("a:80");
    }

    @Test
    void resumingDuringTheDrainCompletesThePauseAndRefusesNobody() {
        HeldRequest inFlight = proxy.send(WEB);
        CompletableFuture<DrainResult> pause = proxy.pause("web");
        HeldRequest held = proxy.send(WEB);

        proxy.engine.resume("web");

        assertThat(done(pause).requestsCut()).isZero();
        assertThat(held.heard()).containsExactly("held", "released", "a:80");
        assertThat(proxy.answer(WEB)).isEqualTo("a:80");
        proxy.advance(Duration.ofSeconds(60));
        assertThat(inFlight.heard()).containsExactly("a:80");
        assertThat(proxy.time.scheduled()).isZero();
    }

    @Test
    void theTimeoutOfAPauseThatWasResumedCutsNothingInTheNext() {
        HeldRequest request = proxy.send(WEB);
        proxy.pause("web");
        proxy.engine.resume("web");
        proxy.advance(Duration.ofSeconds(20));
        CompletableFuture<DrainResult> next = proxy.pause("web");

        proxy.advance(Duration.ofSeconds(20));

        assertThat(request.last()).isEqualTo("a:80");
        assertThat(next).isNotDone();
        proxy.advance(Duration.ofSeconds(10));
        assertThat(request.last()).isEqualTo("cut");
    }

    @Test
    void stoppingDuringTheDrainOfAPauseLeavesBothWaiting() {
        HeldRequest request = proxy.send(WEB);
        CompletableFuture<DrainResult> pause = proxy.pause("web");
        CompletableFuture<DrainResult> stop = proxy.stop("web", "");
        assertThat(pause).isNotDone();

        request.end();

        assertThat(pause).isCompleted();
        assertThat(stop).isCompleted();
    }

    @Test
    void aDeploymentDuringTheDrainOfAPauseWaitsForTheRequestsInFlight() {
        HeldRequest request = proxy.send(WEB);
        CompletableFuture<DrainResult> pause = proxy.pause("web");
        CompletableFuture<DeployResult> deployment = proxy.deploy("web", "b");
        proxy.advance(Duration.ofSeconds(1));
        assertThat(pause).isNotDone();
        assertThat(deployment).isNotDone();

        request.end();

        assertThat(done(pause).requestsCut()).isZero();
        assertThat(done(deployment).requestsCut()).isZero();
        assertThat(proxy.lifecycle.retired()).containsExactly("a:80");
    }

    @Test
    void aPauseDuringTheDrainOfADeploymentWaitsForTheReplacedTargetsToo() {
        HeldRequest old = proxy.send(WEB);
        CompletableFuture<DeployResult> deployment = proxy.deploy("web", "b");
        HeldRequest recent = proxy.send(WEB);
        CompletableFuture<DrainResult> pause = proxy.pause("web");

        recent.end();
        assertThat(pause).isNotDone();
        old.end();

        assertThat(pause).isCompleted();
        assertThat(deployment).isCompleted();
    }

    @Test
    void aPauseDuringProbingHoldsTheRequestsForTheNewTargets() {
        proxy.probe.waits("b:80");
        CompletableFuture<DeployResult> deployment = proxy.deploy("web", "b");
        done(proxy.pause("web"));
        HeldRequest request = proxy.send(WEB);

        proxy.probe.complete("b:80", ScriptedProbe.healthy());

        assertThat(deployment).isCompleted();
        assertThat(request.last()).isEqualTo("held");
        proxy.engine.resume("web");
        assertThat(request.last()).isEqualTo("b:80");
    }

    @Test
    void aPauseWaitsForTheRolloutToo() {
        proxy.rollOut("web", "r");
        proxy.engine.splitRollout("web", RolloutSplit.percent(100));
        HeldRequest inRollout = proxy.send(Request.to(WEB).withHeader("Cookie", "kamal-rollout=1"), 0);
        assertThat(inRollout.last()).isEqualTo("r:80");

        CompletableFuture<DrainResult> pause = proxy.pause("web");
        assertThat(pause).isNotDone();
        proxy.advance(Duration.ofSeconds(30));

        assertThat(done(pause).requestsCut()).isEqualTo(1);
        assertThat(inRollout.last()).isEqualTo("cut");
    }

    @Test
    void removingDuringTheDrainOfAPauseEndsThePause() {
        HeldRequest request = proxy.send(WEB);
        CompletableFuture<DrainResult> pause = proxy.pause("web");

        CompletableFuture<Void> removal = proxy.engine.removeAsync("web", Duration.ofSeconds(5));

        assertThat(pause).isCompleted();
        assertThat(removal).isNotDone();
        proxy.advance(Duration.ofSeconds(5));
        assertThat(request.last()).isEqualTo("cut");
        assertThat(removal).isCompleted();
    }

    @Test
    void theRequestsOfARemovedServiceOfTheNameAreNotThePausesToCut() {
        HeldRequest old = proxy.send(WEB);
        proxy.engine.removeAsync("web", Duration.ofSeconds(60));
        done(proxy.deploy(Deployment.of("web", "b")));

        CompletableFuture<DrainResult> pause = proxy.engine.pauseAsync("web", Duration.ZERO, Duration.ofSeconds(60));
        proxy.time.runDue();

        assertThat(done(pause).requestsCut()).isZero();
        assertThat(old.last()).isEqualTo("a:80");
    }
}
