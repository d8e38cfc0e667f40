package dev.gapless.proxy.engine;

import dev.gapless.proxy.Balancing;
import dev.gapless.proxy.LoadBalancing;
import dev.gapless.proxy.ServiceInfo.TargetInfo;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.spi.TargetSelector;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** A policy of the host application; here the last target, unless a test says otherwise. */
final class HostSelectionTest extends LoadBalancingContract {
    private static final List<List<TargetInfo>> SEEN = new ArrayList<>();
    private static TargetSelector chosen;

    HostSelectionTest() {
        super(
                EngineFixture.withSelector("mine", (head, candidates) -> chosen.select(head, candidates)),
                new LoadBalancing("mine"));
    }

    @BeforeEach
    void theLastIsChosen() {
        SEEN.clear();
        chosen = (head, candidates) -> {
            SEEN.add(candidates);
            return candidates.size() - 1;
        };
    }

    @Test
    void theHostChooses() {
        serve("a", "b", "c");

        assertThat(takers(3)).containsOnly("c:80");
    }

    @Test
    void itSeesTheTargetsThatMayTakeTheRequest() {
        serve("a", "b");
        proxy.request(WEB);
        proxy.request(WEB);

        assertThat(SEEN.get(1)).extracting(TargetInfo::requestsInFlight).containsExactly(0, 1);
        assertThat(SEEN.get(1)).extracting(TargetInfo::healthy).containsOnly(true);
    }

    @Test
    void itIsNotAskedWhereThereIsNoChoice() {
        serve("a");
        takers(3);

        assertThat(SEEN).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 2, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void whatIsNoIndexStandsForTheFirst(int index) {
        chosen = (head, candidates) -> index;
        serve("a", "b");

        assertThat(takers(3)).containsOnly("a:80");
    }

    @Test
    void aPolicyThatThrowsLeavesItToTheFirst() {
        chosen = (head, candidates) -> {
            throw new IllegalStateException("no");
        };
        serve("a", "b");

        assertThat(takers(3)).containsOnly("a:80");
    }

    @Test
    void anUnknownPolicyIsRefusedWhenDeploying() {
        Balancing balancing =
                Balancing.builder().policy(new LoadBalancing("yours")).build();
        assertThatThrownBy(() -> proxy.serve("web", ServiceOptions.builder().balancing(balancing)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"yours\"")
                .hasMessageContaining("[mine]");
    }

    @Test
    void aBlankPolicyIsNone() {
        assertThatThrownBy(() -> new LoadBalancing(" ")).isInstanceOf(IllegalArgumentException.class);
    }
}
