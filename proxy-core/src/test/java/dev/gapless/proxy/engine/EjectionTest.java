package dev.gapless.proxy.engine;

import dev.gapless.proxy.Balancing;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.PassiveEjection;
import dev.gapless.proxy.ServiceInfo.TargetInfo;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

import static dev.gapless.proxy.engine.EngineFixture.done;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Targets that fail requests are left out for ten seconds after three failures in a row. */
final class EjectionTest {
    private static final String WEB = "http://example.com/";
    private static final Duration OUT = Duration.ofSeconds(10);

    private final EngineFixture proxy = new EngineFixture();

    private void serve(String... targets) {
        serve(new PassiveEjection(3, OUT), targets);
    }

    private void serve(PassiveEjection ejection, String... targets) {
        Balancing balancing = Balancing.builder().ejection(ejection).build();
        Deployment.Builder deployment = Deployment.builder("web")
                .options(ServiceOptions.builder().balancing(balancing).build());
        List.of(targets).forEach(deployment::target);
        proxy.deploy(deployment.build());
    }

    /** Sends requests until one is taken by the target. */
    private Lease leaseOn(String target) {
        for (int i = 0; i < 20; i++) {
            Lease lease = proxy.request(WEB);
            if (lease.address().toString().equals(target + ":80")) {
                return lease;
            }
            lease.release();
        }
        throw new AssertionError(target + " takes no requests");
    }

    private void requests(String target, boolean failed, int times) {
        for (int i = 0; i < times; i++) {
            ended(leaseOn(target), failed);
        }
    }

    private void ended(Lease lease, boolean failed) {
        lease.release();
        proxy.engine.attemptEnded(lease, failed);
    }

    private List<String> takers() {
        return IntStream.range(0, 6)
                .mapToObj(i -> proxy.answer(WEB))
                .distinct()
                .sorted()
                .toList();
    }

    @Test
    void aTargetIsOutAfterFailuresInARowAndReturnsAfterItsTime() {
        serve("a", "b");

        requests("a", true, 2);
        assertThat(takers()).containsExactly("a:80", "b:80");
        requests("a", true, 1);
        assertThat(takers()).containsExactly("b:80");
        assertThat(proxy.info("web").targets()).extracting(TargetInfo::healthy).containsExactly(false, true);

        proxy.advance(OUT.minusNanos(1));
        assertThat(takers()).containsExactly("b:80");
        proxy.advance(Duration.ofNanos(1));
        assertThat(takers()).containsExactly("a:80", "b:80");
    }

    @Test
    void whoReturnsHasAllItsFailuresBeforeItAgain() {
        serve("a", "b");
        requests("a", true, 3);
        proxy.advance(OUT);

        requests("a", true, 2);
        assertThat(takers()).containsExactly("a:80", "b:80");
        requests("a", true, 1);
        assertThat(takers()).containsExactly("b:80");
    }

    @Test
    void aSuccessBetweenFailuresBeginsTheCountAnew() {
        serve("a", "b");

        requests("a", true, 2);
        requests("a", false, 1);
        requests("a", true, 2);

        assertThat(takers()).containsExactly("a:80", "b:80");
    }

    @Test
    void theLastTargetIsSpared() {
        serve("a", "b");
        requests("a", true, 3);

        requests("b", true, 10);

        assertThat(takers()).containsExactly("b:80");
    }

    @Test
    void theOnlyTargetIsSpared() {
        serve("a");

        requests("a", true, 10);

        assertThat(takers()).containsExactly("a:80");
    }

    @Test
    void withoutTheOptionNothingIsEjected() {
        done(proxy.deploy("web", "a", "b"));

        requests("a", true, 100);

        assertThat(takers()).containsExactly("a:80", "b:80");
    }

    @Test
    void anEjectedTargetIsUsedWhereNoOtherIsHealthy() {
        serve("a", "b");
        requests("a", true, 3);
        proxy.probe.isUnhealthy("b:80", "ill");
        proxy.advance(Duration.ofSeconds(1));

        assertThat(takers()).containsExactly("a:80");
        assertThat(proxy.info("web").targets()).extracting(TargetInfo::healthy).containsExactly(true, false);

        proxy.probe.isHealthy("b:80");
        proxy.advance(Duration.ofSeconds(1));
        assertThat(takers()).containsExactly("b:80");
    }

    @Test
    void aProbeThatSucceedsDoesNotReturnIt() {
        serve("a", "b");
        requests("a", true, 3);

        proxy.advance(Duration.ofSeconds(5));

        assertThat(takers()).containsExactly("b:80");
    }

    @Test
    void itsTimeDoesNotReturnWhatProbesHaveTakenOut() {
        serve("a", "b");
        requests("a", true, 3);
        proxy.probe.isUnhealthy("a:80", "ill");
        proxy.advance(OUT);
        assertThat(takers()).containsExactly("b:80");

        proxy.probe.isHealthy("a:80");
        proxy.advance(Duration.ofSeconds(1));
        assertThat(takers()).containsExactly("a:80", "b:80");
    }

    @Test
    void failuresOfAnEjectedTargetDoNotEjectItAgain() {
        serve("a", "b", "c");
        requests("a", true, 3);
        proxy.advance(Duration.ofSeconds(2));
        requests("b", true, 3);
        proxy.probe.isUnhealthy("c:80", "ill");
        proxy.advance(Duration.ofSeconds(2));
        assertThat(takers()).containsExactly("a:80", "b:80");

        requests("a", true, 5);
        proxy.advance(Duration.ofSeconds(6)); // Ten since the first.
        assertThat(takers()).containsExactly("a:80");
        proxy.probe.isHealthy("c:80");
        proxy.advance(Duration.ofSeconds(1));
        assertThat(takers()).containsExactly("a:80", "c:80");
        requests("a", true, 3);
        assertThat(takers()).doesNotContain("a:80");
        proxy.advance(Duration.ofSeconds(9));
        assertThat(takers()).doesNotContain("a:80");
    }

    @Test
    void aRequestThatEndsWhenItsTargetHasBeenReplacedHarmsNobody() {
        serve(new PassiveEjection(1, OUT), "a", "b");
        Lease lease = leaseOn("a");
        Lease ejected = leaseOn("b");
        ended(ejected, true);
        serve("c", "d");

        ended(lease, true);
        proxy.advance(OUT);

        assertThat(takers()).containsExactly("c:80", "d:80");
    }

    @Test
    void readersAndWritersAreSparedEachForThemselves() {
        Balancing balancing =
                Balancing.builder().ejection(new PassiveEjection(1, OUT)).build();
        done(proxy.deploy(Deployment.builder("web")
                .target("w")
                .reader("r")
                .options(ServiceOptions.builder().balancing(balancing).build())
                .build()));

        requests("r", true, 3);

        assertThat(takers()).containsExactly("r:80");
    }

    @Test
    void numbersThatCannotBeAreRefused() {
        assertThatThrownBy(() -> new PassiveEjection(0, OUT)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new PassiveEjection(1, Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
    }
}
