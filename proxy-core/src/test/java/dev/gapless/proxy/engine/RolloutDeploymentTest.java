package dev.gapless.proxy.engine;

import dev.gapless.proxy.DeployFailedException;
import dev.gapless.proxy.DeployResult;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.RolloutMissingException;
import dev.gapless.proxy.RolloutSplit;
import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.ServiceNotFoundException;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static dev.gapless.proxy.engine.EngineFixture.done;
import static dev.gapless.proxy.engine.EngineFixture.failure;
import static dev.gapless.proxy.engine.EngineFixture.steps;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** How a rollout comes, is replaced, promoted and removed. */
final class RolloutDeploymentTest {
    private static final RolloutSplit ALL = RolloutSplit.percent(100);
    private static final Duration DRAIN = Duration.ofSeconds(30);

    private final EngineFixture proxy = new EngineFixture();

    @BeforeEach
    void serve() {
        done(proxy.deploy("web", "a"));
    }

    private static Request inRollout() {
        return Request.to("http://example.com/").withHeader("Cookie", "kamal-rollout=1");
    }

    private HeldRequest sendToRollout() {
        return proxy.send(inRollout(), 0);
    }

    private CompletableFuture<DeployResult> rollOut(String target) {
        return proxy.deploy(Deployment.builder("web").target(target).asRollout().build());
    }

    private CompletableFuture<DeployResult> promote() {
        return proxy.engine.promoteRolloutAsync("web", DRAIN);
    }

    @Test
    void aRolloutIsDeployedBesideTheActiveDeployment() {
        HeldRequest request = proxy.send("http://example.com/");

        DeployResult result = proxy.rollOut("web", "r");

        assertThat(steps(result)).containsExactly("Started", "Probed", "BecameHealthy", "RolloutReady");
        assertThat(result.generation()).isZero();
        assertThat(request.last()).isEqualTo("a:80");
        ServiceInfo info = proxy.info("web");
        assertThat(info.generation()).isEqualTo(1);
        assertThat(info.targets()).extracting(t -> t.address().toString()).containsExactly("a:80");
        assertThat(info.rollout().orElseThrow().targets())
                .extracting(t -> t.address().toString())
                .containsExactly("r:80");
        assertThat(proxy.listener.heard()).contains("web ROLLOUT_DEPLOYED");
    }

    @Test
    void anotherRolloutReplacesAndDrainsTheFirstAndKeepsTheSplit() {
        proxy.rollOut("web", "r");
        proxy.engine.splitRollout("web", ALL);
        HeldRequest old = sendToRollout();

        CompletableFuture<DeployResult> replacement = rollOut("s");

        assertThat(replacement).isNotDone();
        assertThat(sendToRollout().last()).isEqualTo("s:80");
        assertThat(proxy.answer("http://example.com/")).isEqualTo("a:80");
        proxy.advance(DRAIN);
        assertThat(old.last()).isEqualTo("cut");
        assertThat(done(replacement).requestsCut()).isEqualTo(1);
        assertThat(proxy.lifecycle.retired()).containsExactly("r:80");
    }

    @Test
    void aRolloutThatFailsLeavesAllAsItIs() {
        proxy.rollOut("web", "r");
        proxy.engine.splitRollout("web", ALL);
        ServiceInfo before = proxy.info("web");
        proxy.probe.isUnhealthy("s:80", "ill");

        CompletableFuture<DeployResult> deployment = rollOut("s");
        proxy.advance(DRAIN);

        assertThat(failure(deployment, DeployFailedException.class)).hasMessageContaining("s:80 (last probe");
        assertThat(proxy.info("web")).isEqualTo(before);
        assertThat(sendToRollout().last()).isEqualTo("r:80");
    }

    @Test
    void deployingTheActiveDeploymentAgainKeepsTheRollout() {
        proxy.rollOut("web", "r");
        proxy.engine.splitRollout("web", ALL);

        done(proxy.deploy("web", "b"));

        assertThat(sendToRollout().last()).isEqualTo("r:80");
        assertThat(proxy.answer("http://example.com/")).isEqualTo("b:80");
        assertThat(proxy.lifecycle.retired()).containsExactly("a:80");
    }

    @Test
    void aRolloutOfAnUnknownServiceIsRefusedBeforeAnythingIsProbed() {
        CompletableFuture<DeployResult> deployment =
                proxy.deploy(Deployment.builder("wbe").target("r").asRollout().build());

        assertThat(failure(deployment, ServiceNotFoundException.class)).hasMessageContaining("wbe");
        assertThat(proxy.probe.timesAsked("r:80")).isZero();
    }

    @Test
    void aRolloutHasNoOptionsOfItsOwn() {
        Deployment.Builder deployment =
                Deployment.builder("web").target("r").asRollout().options(ServiceOptions.defaults());

        assertThatThrownBy(deployment::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("it takes those of the service");
    }

    @Test
    void aRolloutBehindADeploymentTakesTheOptionsOfThat() {
        proxy.probe.waits("b:80");
        CompletableFuture<DeployResult> first = proxy.deploy(Deployment.builder("web")
                .target("b")
                .options(ServiceOptions.builder().rolloutCookie("beta").build())
                .build());
        CompletableFuture<DeployResult> rollout = rollOut("r");
        assertThat(proxy.probe.timesAsked("r:80")).isZero();

        proxy.probe.complete("b:80", ScriptedProbe.healthy());

        done(first);
        done(rollout);
        assertThat(proxy.info("web").options().rolloutCookie()).isEqualTo("beta");
        proxy.engine.splitRollout("web", ALL);
        assertThat(proxy.answer(Request.to("http://a/").withHeader("Cookie", "beta=1")))
                .isEqualTo("r:80");
    }

    @Test
    void aRolloutBehindTheFirstDeploymentOfItsServiceWaitsForIt() {
        proxy.probe.waits("n:80");
        Deployment first = Deployment.builder("new")
                .target("n")
                .options(ServiceOptions.builder().host("new.example").build())
                .build();
        CompletableFuture<DeployResult> deployment = proxy.deploy(first);
        CompletableFuture<DeployResult> rollout =
                proxy.deploy(Deployment.builder("new").target("r").asRollout().build());

        proxy.probe.complete("n:80", ScriptedProbe.healthy());

        done(deployment);
        done(rollout);
        assertThat(proxy.info("new").options()).isSameAs(first.options());
    }

    @Test
    void removingDuringTheRolloutsProbesWins() {
        proxy.probe.waits("r:80");
        CompletableFuture<DeployResult> rollout = rollOut("r");

        done(proxy.engine.removeAsync("web", DRAIN));
        proxy.probe.complete("r:80", ScriptedProbe.healthy());

        failure(rollout, DeployFailedException.class);
        assertThat(proxy.engine.list()).isEmpty();
    }

    @Test
    void removingTheServiceDrainsBoth() {
        proxy.rollOut("web", "r");
        proxy.engine.splitRollout("web", ALL);
        HeldRequest active = proxy.send("http://example.com/");
        HeldRequest rollout = sendToRollout();

        CompletableFuture<Void> removal = proxy.engine.removeAsync("web", DRAIN);
        active.end();
        assertThat(removal).isNotDone();
        rollout.end();

        assertThat(removal).isCompleted();
        assertThat(proxy.lifecycle.retired()).containsExactlyInAnyOrder("a:80", "r:80");
    }

    @Test
    void promotionMakesTheRolloutTheActiveDeploymentWithoutProbesAndDrainsTheOther() {
        proxy.rollOut("web", "r", "s");
        proxy.engine.splitRollout("web", ALL);
        HeldRequest active = proxy.send("http://example.com/");
        HeldRequest rollout = sendToRollout();
        proxy.probe.isUnhealthy("r:80", "not asked");

        CompletableFuture<DeployResult> promotion = promote();

        assertThat(proxy.answer("http://example.com/")).isIn("r:80", "s:80");
        assertThat(proxy.info("web").rollout()).isEmpty();
        assertThat(proxy.info("web").generation()).isEqualTo(2);
        assertThat(promotion).isNotDone();
        active.end();
        DeployResult result = done(promotion);
        assertThat(steps(result)).containsExactly("Swapped", "Drained");
        assertThat(result.generation()).isEqualTo(2);
        assertThat(rollout.heard()).hasSize(1);
        assertThat(proxy.lifecycle.retired()).containsExactly("a:80");
        assertThat(proxy.probe.timesAsked("r:80")).isEqualTo(1);
    }

    @Test
    void thePromotedTargetsAreProbedAsBefore() {
        proxy.rollOut("web", "r", "s");
        done(promote());

        proxy.probe.isUnhealthy("r:80", "ill");
        proxy.advance(Duration.ofSeconds(1));

        assertThat(List.of(proxy.answer("http://a/"), proxy.answer("http://a/")))
                .containsOnly("s:80");
        done(proxy.deploy("web", "b"));
        assertThat(proxy.time.scheduled()).isZero();
    }

    @Test
    void promotionReportsWhatItCut() {
        proxy.rollOut("web", "r");
        proxy.send("http://example.com/");

        CompletableFuture<DeployResult> promotion = promote();
        proxy.advance(DRAIN);

        assertThat(done(promotion).requestsCut()).isEqualTo(1);
        assertThat(done(promotion).drainTime()).contains(DRAIN);
    }

    @Test
    void promotionOfWhatIsNotThereIsRefused() {
        failure(promote(), RolloutMissingException.class);
        failure(proxy.engine.promoteRolloutAsync("wbe", DRAIN), ServiceNotFoundException.class);
        assertThatThrownBy(() -> proxy.engine.promoteRolloutAsync("web", Duration.ofNanos(-1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aDeploymentThatIsUnderWayReplacesWhatWasPromotedMeanwhile() {
        proxy.rollOut("web", "r");
        proxy.probe.waits("b:80");
        CompletableFuture<DeployResult> deployment = proxy.deploy("web", "b");

        done(promote());
        assertThat(proxy.answer("http://a/")).isEqualTo("r:80");
        proxy.probe.complete("b:80", ScriptedProbe.healthy());

        assertThat(done(deployment).generation()).isEqualTo(3);
        assertThat(proxy.answer("http://a/")).isEqualTo("b:80");
        assertThat(proxy.lifecycle.retired()).containsExactly("a:80", "r:80");
    }

    @Test
    void aRolloutThatIsUnderWayComesBesideWhatWasPromotedMeanwhileAndHasNoSplit() {
        proxy.rollOut("web", "r");
        proxy.engine.splitRollout("web", ALL);
        proxy.probe.waits("s:80");
        CompletableFuture<DeployResult> deployment = rollOut("s");

        done(promote());
        proxy.probe.complete("s:80", ScriptedProbe.healthy());

        done(deployment);
        assertThat(sendToRollout().last()).isEqualTo("r:80");
        assertThat(proxy.info("web").rollout().orElseThrow().split()).isEmpty();
        assertThat(proxy.lifecycle.retired()).containsExactly("a:80");
    }

    @Test
    void promotionDuringTheDrainOfTheReplacedRolloutWaitsForItsOwnDrainOnly() {
        proxy.rollOut("web", "r");
        proxy.engine.splitRollout("web", ALL);
        HeldRequest old = sendToRollout();
        CompletableFuture<DeployResult> replacement = rollOut("s");

        done(promote());

        assertThat(replacement).isNotDone();
        old.end();
        assertThat(replacement).isCompleted();
        assertThat(proxy.answer("http://a/")).isEqualTo("s:80");
    }

    @Test
    void thePromotedDeploymentOfAPausedServiceGetsWhatIsHeld() {
        proxy.rollOut("web", "r");
        done(proxy.pause("web"));
        HeldRequest request = proxy.send("http://a/");

        done(promote());

        assertThat(request.last()).isEqualTo("held");
        proxy.engine.resume("web");
        assertThat(request.last()).isEqualTo("r:80");
    }
}
