package dev.gapless.proxy.engine;

import dev.gapless.proxy.LoadBalancing;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class LeastRequestsTest extends LoadBalancingContract {
    LeastRequestsTest() {
        super(new EngineFixture(), LoadBalancing.LEAST_REQUESTS);
    }

    private List<Lease> requests(int count) {
        return Stream.generate(() -> proxy.request(WEB)).limit(count).toList();
    }

    @Test
    void ofTwoTheOneWithFewerRequestsTakesTheNext() {
        serve("a", "b");
        List<Lease> first = requests(2);
        assertThat(first).extracting(lease -> lease.address().toString()).containsExactlyInAnyOrder("a:80", "b:80");

        first.get(0).release();

        assertThat(proxy.request(WEB).address()).isEqualTo(first.get(0).address());
    }

    @Test
    void theOneWithTheMostRequestsOfSeveralTakesNone() {
        serve("a", "b", "c", "d");
        Target busy = requests(1).get(0).target();
        for (int i = 0; i < 100; i++) {
            Lease lease = proxy.request(WEB);
            assertThat(lease.target()).isNotSameAs(busy);
            lease.release();
        }
    }

    @Test
    void requestsThatDoNotEndAreSpreadEvenly() {
        serve("a", "b", "c", "d", "e");

        List<Lease> leases = requests(1_000);

        assertThat(leases.stream().map(Lease::target).distinct().map(Target::inFlight))
                .hasSize(5)
                .allSatisfy(inFlight -> assertThat(inFlight).isBetween(190, 210));
    }
}
