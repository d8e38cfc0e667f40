package dev.gapless.proxy.engine;

import dev.gapless.proxy.LoadBalancing;
import java.time.Duration;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class RoundRobinTest extends LoadBalancingContract {
    RoundRobinTest() {
        super(new EngineFixture(), LoadBalancing.ROUND_ROBIN);
    }

    @Test
    void eachTakesItsTurn() {
        serve("a", "b", "c");

        assertThat(takers(7)).containsExactly("a:80", "b:80", "c:80", "a:80", "b:80", "c:80", "a:80");
    }

    @Test
    void onlyHealthyOnesHaveTurns() {
        serve("a", "b", "c");
        proxy.probe.isUnhealthy("b:80", "ill");
        proxy.advance(Duration.ofSeconds(1));

        assertThat(takers(4)).containsExactly("a:80", "c:80", "a:80", "c:80");
    }
}
