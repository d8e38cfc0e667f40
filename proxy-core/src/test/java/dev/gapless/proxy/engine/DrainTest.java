package dev.gapless.proxy.engine;

import dev.gapless.proxy.DeployEvent;
import dev.gapless.proxy.DeployResult;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.TargetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static dev.gapless.proxy.engine.EngineFixture.done;
import static dev.gapless.proxy.engine.EngineFixture.steps;
import static org.assertj.core.api.Assertions.assertThat;

/** What becomes of the requests on replaced targets. */
final class DrainTest {
    private final EngineFixture proxy = new EngineFixture();
    private final List<String> cut = new ArrayList<>();

    @BeforeEach
    void serve() {
        done(proxy.deploy("web", "old"));
    }

    private CompletableFuture<DeployResult> replace(Duration drainTimeout) {
        return proxy.deploy(Deployment.builder("web")
                .target("new")
                .drainTimeout(drainTimeout)
                .build());
    }

    private Lease request(String name) {
        Lease lease = proxy.request("http://example.com/");
        lease.onCut(() -> cut.add(name));
        return lease;
    }

    @Test
    void theEndOfTheLastRequestItselfEndsTheDrain() {
        Lease first = request("first");
        Lease second = request("second");
        CompletableFuture<DeployResult> deployment = replace(Duration.ofSeconds(30));

        first.release();
        assertThat(deployment).isNotDone();
        second.release();

        assertThat(steps(done(deployment))).endsWith("Swapped", "Drained");
        assertThat(proxy.lifecycle.retired()).containsExactly("old:80");
        assertThat(proxy.time.scheduled()).isZero();
        assertThat(cut).isEmpty();
    }

    @Test
    void newRequestsDoNotWaitForTheDrain() {
        Lease old = request("old");
        CompletableFuture<DeployResult> deployment = replace(Duration.ofSeconds(30));

        for (int i = 0; i < 100; i++) {
            assertThat(proxy.answer("http://example.com/")).isEqualTo("new:80");
        }

        assertThat(deployment).isNotDone();
        assertThat(old.target().inFlight()).isEqualTo(1);
    }

    @Test
    void requestsOnTheNewTargetsAreNotWaitedFor() {
        Lease old = request("old");
        CompletableFuture<DeployResult> deployment = replace(Duration.ofSeconds(30));
        Lease recent = request("recent");

        old.release();

        assertThat(deployment).isCompleted();
        assertThat(recent.target().inFlight()).isEqualTo(1);
    }

    @Test
    void whatIsInFlightAtTheTimeoutIsCutBeforeTheDeploymentIsReported() {
        Lease finished = request("finished");
        request("slow");
        Lease slower = proxy.request("http://example.com/");
        CompletableFuture<DeployResult> deployment = replace(Duration.ofSeconds(30));
        slower.onCut(() -> cut.add(deployment.isDone() ? "slower, too late" : "slower"));
        finished.release();

        proxy.time.advance(Duration.ofMillis(29_999));
        assertThat(cut).isEmpty();
        proxy.time.advance(Duration.ofMillis(1));

        assertThat(cut).containsExactlyInAnyOrder("slow", "slower");
        DeployResult result = done(deployment);
        assertThat(result.requestsCut()).isEqualTo(2);
        assertThat(steps(result)).endsWith("Swapped", "RequestsCut", "Drained");
        assertThat(result.drainTime()).contains(Duration.ofSeconds(30));
        assertThat(proxy.lifecycle.retired()).containsExactly("old:80");
        assertThat(proxy.time.scheduled()).isZero();
    }

    @Test
    void aSingleRequestThatIsCutIsCounted() {
        request("slow");
        CompletableFuture<DeployResult> deployment = replace(Duration.ofSeconds(30));

        proxy.time.advance(Duration.ofSeconds(30));

        assertThat(done(deployment).timeline()).contains(new DeployEvent.RequestsCut(Duration.ofSeconds(30), 1));
    }

    @Test
    void aDrainTimeoutOfZeroCutsAtOnce() {
        request("slow");
        CompletableFuture<DeployResult> deployment = replace(Duration.ZERO);

        proxy.time.runDue();

        assertThat(cut).containsExactly("slow");
        assertThat(done(deployment).requestsCut()).isEqualTo(1);
        assertThat(done(deployment).drainTime()).contains(Duration.ZERO);
    }

    @Test
    void withNothingInFlightNothingIsWaitedForAndNothingScheduled() {
        request("early").release();

        CompletableFuture<DeployResult> deployment = replace(Duration.ZERO);

        assertThat(done(deployment).requestsCut()).isZero();
        assertThat(done(deployment).drainTime()).contains(Duration.ZERO);
        assertThat(proxy.time.scheduled()).isZero();
    }

    @Test
    void aRequestThatEndsAfterItWasCutEndsNothingTwice() {
        Lease lease = request("slow");
        CompletableFuture<DeployResult> deployment = replace(Duration.ZERO);
        proxy.time.runDue();

        lease.release();
        lease.release();

        assertThat(done(deployment).requestsCut()).isEqualTo(1);
        assertThat(lease.target().inFlight()).isZero();
    }

    @Test
    void aRequestThatSaysTooLateHowItIsCutIsCutAtOnce() {
        Lease lease = proxy.request("http://example.com/");
        replace(Duration.ZERO);
        proxy.time.runDue();

        lease.onCut(() -> cut.add("late"));

        assertThat(cut).containsExactly("late");
    }

    @Test
    void aCutThatThrowsKeepsNoOtherRequestFromItsOwn() {
        for (int i = 0; i < 40; i++) {
            String name = "request " + i;
            proxy.request("http://example.com/").onCut(() -> {
                cut.add(name);
                throw new IllegalStateException("cut of " + name + " failed");
            });
        }
        CompletableFuture<DeployResult> deployment = replace(Duration.ZERO);

        proxy.time.runDue();

        assertThat(cut).hasSize(40);
        assertThat(done(deployment).requestsCut()).isEqualTo(40);
        assertThat(proxy.lifecycle.retired()).containsExactly("old:80");
    }

    @Test
    void severalTargetsDrainTogether() {
        done(proxy.deploy("web", "a", "b", "c"));
        List<Lease> leases = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            leases.add(request("request " + i));
        }
        CompletableFuture<DeployResult> deployment = replace(Duration.ofSeconds(30));

        leases.subList(0, 5).forEach(Lease::release);
        assertThat(deployment).isNotDone();
        assertThat(proxy.lifecycle.retired()).containsExactly("old:80");
        leases.get(5).release();

        assertThat(deployment).isCompleted();
        assertThat(proxy.lifecycle.retired()).containsExactly("old:80", "a:80", "b:80", "c:80");
    }

    @Test
    void aTargetThatIsDeployedAgainIsAnotherOne() {
        Lease lease = request("old");

        CompletableFuture<DeployResult> deployment = proxy.deploy("web", "old");
        Lease recent = request("recent");

        assertThat(recent.address()).isEqualTo(TargetAddress.parse("old:80"));
        assertThat(recent.target()).isNotSameAs(lease.target());
        assertThat(deployment).isNotDone();
        lease.release();
        assertThat(deployment).isCompleted();
    }

    @Test
    void anAdapterThatFailsToRetireATargetKeepsNobodyWaiting() {
        List<String> retired = new ArrayList<>();
        TargetLifecycle failing = target -> {
            retired.add(target.toString());
            throw new IllegalStateException("no");
        };
        ProxyEngine engine = proxy.unheard(failing);
        done(engine.deployAsync(Deployment.of("web", "a", "b")));

        assertThat(engine.deployAsync(Deployment.of("web", "c"))).isCompleted();
        assertThat(engine.removeAsync("web", Duration.ZERO)).isCompleted();

        assertThat(retired).containsExactly("a:80", "b:80", "c:80");
    }
}
