package dev.gapless.proxy.engine;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.ServiceInfo.TargetInfo;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

import static dev.gapless.proxy.engine.EngineFixture.done;
import static org.assertj.core.api.Assertions.assertThat;

final class HealthAfterDeploymentTest {
    private static final Duration INTERVAL = Duration.ofSeconds(1);

    private final EngineFixture proxy = new EngineFixture();

    private void serve(HealthCheck check, String... targets) {
        Deployment.Builder deployment = Deployment.builder("web")
                .options(ServiceOptions.builder().healthCheck(check).build());
        for (String target : targets) {
            deployment.target(target);
        }
        done(proxy.deploy(deployment.build()));
    }

    private List<String> rotation() {
        return IntStream.range(0, 8)
                .mapToObj(i -> proxy.answer("http://example.com/"))
                .distinct()
                .sorted()
                .toList();
    }

    private void pass(int probes) {
        proxy.time.advance(INTERVAL.multipliedBy(probes));
    }

    @Test
    void theTargetsOfAPoolOfSeveralAreProbedForAsLongAsItLives() {
        serve(HealthCheck.defaults(), "a", "b");
        pass(100);
        assertThat(proxy.probe.timesAsked("a:80")).isEqualTo(101);
        assertThat(proxy.probe.timesAsked("b:80")).isEqualTo(101);

        serve(HealthCheck.defaults(), "c");
        pass(100);

        assertThat(proxy.probe.timesAsked("a:80")).isEqualTo(101);
        assertThat(proxy.probe.timesAsked("c:80")).isEqualTo(1);
        assertThat(proxy.time.scheduled()).isZero();
    }

    @Test
    void aRemovedPoolIsProbedNoMore() {
        serve(HealthCheck.defaults(), "a", "b");

        proxy.engine.remove("web", Duration.ZERO);

        assertThat(proxy.time.scheduled()).isZero();
    }

    @Test
    void aPoolThatDrainsIsProbedNoMore() {
        serve(HealthCheck.defaults(), "a", "b");
        Lease lease = proxy.request("http://example.com/");

        proxy.engine.removeAsync("web", Duration.ofSeconds(30));
        pass(10);

        assertThat(proxy.probe.timesAsked("a:80")).isEqualTo(1);
        lease.release();
    }

    @Test
    void theOnlyTargetIsNotProbedAnyMoreOnceItIsHealthyAndNeverLeaves() {
        serve(HealthCheck.defaults(), "a");
        proxy.probe.isUnhealthy("a:80", "status 500");

        pass(100);

        assertThat(proxy.probe.timesAsked("a:80")).isEqualTo(1);
        assertThat(rotation()).containsExactly("a:80");
        assertThat(proxy.time.scheduled()).isZero();
    }

    @Test
    void byDefaultATargetLeavesWithItsFirstFailureAndReturnsWithItsFirstSuccess() {
        serve(HealthCheck.defaults(), "a", "b");

        proxy.probe.isUnhealthy("a:80", "status 500");
        pass(1);
        assertThat(rotation()).containsExactly("b:80");

        proxy.probe.isHealthy("a:80");
        pass(1);
        assertThat(rotation()).containsExactly("a:80", "b:80");
    }

    @Test
    void aTargetLeavesAfterSoManyFailuresInARow() {
        serve(HealthCheck.builder().failuresUntilUnhealthy(3).build(), "a", "b");
        proxy.probe.isUnhealthy("a:80", "status 500");
        pass(2);
        assertThat(rotation()).hasSize(2);

        proxy.probe.isHealthy("a:80");
        pass(1);
        proxy.probe.isUnhealthy("a:80", "status 500");
        pass(2);
        assertThat(rotation()).hasSize(2);

        pass(1);
        assertThat(rotation()).containsExactly("b:80");
    }

    @Test
    void aTargetReturnsAfterSoManySuccessesInARow() {
        serve(HealthCheck.builder().successesUntilHealthy(3).build(), "a", "b");
        proxy.probe.isUnhealthy("a:80", "status 500");
        pass(1);
        proxy.probe.isHealthy("a:80");
        pass(2);
        proxy.probe.isUnhealthy("a:80", "status 500");
        pass(1);
        proxy.probe.isHealthy("a:80");
        pass(2);
        assertThat(rotation()).containsExactly("b:80");

        pass(1);
        assertThat(rotation()).hasSize(2);
    }

    @Test
    void aPoolOfSeveralMayBeEmptied() {
        serve(HealthCheck.defaults(), "a", "b");
        proxy.probe.isUnhealthy("a:80", "status 500");
        proxy.probe.isUnhealthy("b:80", "status 500");
        pass(1);

        assertThat(Request.reason(proxy.decide("http://example.com/"))).isEqualTo(Decision.Reason.NO_HEALTHY_TARGET);
        assertThat(proxy.engine.list().get(0).targets())
                .extracting(TargetInfo::healthy)
                .containsExactly(false, false);

        proxy.probe.isHealthy("b:80");
        pass(1);
        assertThat(rotation()).containsExactly("b:80");
    }

    @Test
    void aServiceWithoutAHealthyTargetCanBeDeployedAgain() {
        serve(HealthCheck.defaults(), "a", "b");
        proxy.probe.isUnhealthy("a:80", "status 500");
        proxy.probe.isUnhealthy("b:80", "status 500");
        pass(1);

        serve(HealthCheck.defaults(), "c");

        assertThat(rotation()).containsExactly("c:80");
    }

    @Test
    void requestsOnATargetThatLeavesGoOn() {
        serve(HealthCheck.defaults(), "a", "b");
        Lease lease = proxy.request("http://example.com/");
        proxy.probe.isUnhealthy("a:80", "status 500");
        pass(1);

        assertThat(lease.target().inFlight()).isEqualTo(1);
        lease.release();
        assertThat(lease.target().inFlight()).isZero();
    }

    @Test
    void theTargetsOfAForcedPoolOfSeveralAreProbedFromItsSwapOn() {
        proxy.probe.isUnhealthy("b:80", "status 500");

        done(proxy.deploy(
                Deployment.builder("web").target("a").target("b").force(true).build()));

        assertThat(rotation()).containsExactly("a:80");
        proxy.probe.isHealthy("b:80");
        pass(1);
        assertThat(rotation()).hasSize(2);
    }

    @Test
    void aProbeThatThrowsCountsAsAFailure() {
        serve(HealthCheck.defaults(), "a", "b");
        proxy.probe.answersWith("a:80", () -> {
            throw new IllegalStateException("probe broken");
        });
        pass(5);
        assertThat(rotation()).containsExactly("b:80");

        proxy.probe.isHealthy("a:80");
        pass(1);
        assertThat(rotation()).hasSize(2);
    }

    @Test
    void aFailedDeploymentLeavesTheProbesOfTheRunningPoolAlone() {
        serve(HealthCheck.defaults(), "a", "b");
        proxy.resolver.doesNotFind("nowhere:80", "unknown");
        proxy.deploy("web", "nowhere");

        proxy.probe.isUnhealthy("a:80", "status 500");
        pass(1);

        assertThat(rotation()).containsExactly("b:80");
    }
}
