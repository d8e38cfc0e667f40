package dev.gapless.proxy.engine;

import dev.gapless.proxy.Balancing;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.LoadBalancing;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

import static dev.gapless.proxy.engine.EngineFixture.done;
import static org.assertj.core.api.Assertions.assertThat;

/** What holds of each way to choose one of several targets. */
abstract class LoadBalancingContract {
    static final String WEB = "http://example.com/";

    final EngineFixture proxy;
    private final LoadBalancing policy;

    LoadBalancingContract(EngineFixture proxy, LoadBalancing policy) {
        this.proxy = proxy;
        this.policy = policy;
    }

    void serve(String... targets) {
        Balancing balancing = Balancing.builder().policy(policy).build();
        Deployment.Builder deployment = Deployment.builder("web")
                .options(ServiceOptions.builder().balancing(balancing).build());
        List.of(targets).forEach(deployment::target);
        done(proxy.deploy(deployment.build()));
    }

    List<String> takers(int requests) {
        return IntStream.range(0, requests).mapToObj(i -> proxy.answer(WEB)).toList();
    }

    @Test
    void aTargetAloneTakesAll() {
        serve("a");

        assertThat(takers(5)).containsOnly("a:80");
    }

    @Test
    void onlyTheTargetsOfTheServiceTakeRequests() {
        serve("a", "b", "c");

        assertThat(takers(50)).isSubsetOf("a:80", "b:80", "c:80");
    }

    @Test
    void anUnhealthyTargetTakesNoneAndReturns() {
        serve("a", "b");
        proxy.probe.isUnhealthy("a:80", "ill");
        proxy.advance(Duration.ofSeconds(1));
        assertThat(takers(20)).containsOnly("b:80");

        proxy.probe.isHealthy("a:80");
        proxy.probe.isUnhealthy("b:80", "ill");
        proxy.advance(Duration.ofSeconds(1));
        assertThat(takers(20)).containsOnly("a:80");
    }

    @Test
    void withoutAHealthyTargetRequestsAreAnsweredWith503() {
        serve("a", "b");
        proxy.probe.isUnhealthy("a:80", "ill");
        proxy.probe.isUnhealthy("b:80", "ill");
        proxy.advance(Duration.ofSeconds(1));

        assertThat(takers(3)).containsOnly("503");
    }

    @Test
    void aRequestGoesToEachTargetOnceBeforeItGoesToOneAgain() {
        serve("a", "b", "c");
        Attempts attempts = new Attempts();

        List<String> tried = IntStream.range(0, 3)
                .mapToObj(i -> {
                    Lease lease = ((Decision.Forward) proxy.engine.decide(Request.to(WEB), attempts)).lease();
                    lease.release();
                    attempts.brokenBy(lease.target());
                    return lease.address().toString();
                })
                .toList();

        assertThat(tried).containsExactlyInAnyOrder("a:80", "b:80", "c:80");
        assertThat(proxy.engine.decide(Request.to(WEB), attempts)).isInstanceOf(Decision.Forward.class);
    }
}
