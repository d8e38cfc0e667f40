package dev.gapless.proxy.engine;

import dev.gapless.proxy.Balancing;
import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.TargetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

final class PoolTest {
    private static final Attempts NONE = new Attempts();

    private static Pool healthy(String... names) {
        Pool pool = unprobed(names);
        pool.setHealthy();
        return pool;
    }

    private static Pool unprobed(String... names) {
        List<TargetAddress> addresses =
                Stream.of(names).map(TargetAddress::parse).toList();
        return new PoolFactory(new ExpiryWatch(), Map.of()).newPool(addresses, List.of(), Balancing.defaults());
    }

    private static void fail(Pool pool, int target) {
        pool.targets().get(target).probed(ScriptedProbe.unhealthy("gone"), HealthCheck.defaults());
        pool.refresh();
    }

    private static @Nullable Lease claimFrom(Pool pool, Attempts attempts) {
        return pool.claim(Request.to("http://example.com/"), false, attempts);
    }

    /** Claims and releases; returns the host of the target, or "none". */
    private static String claim(Pool pool, Attempts attempts) {
        Lease lease = claimFrom(pool, attempts);
        if (lease == null) {
            return "none";
        }
        lease.release();
        return ((TargetAddress.Tcp) lease.address()).host();
    }

    private static List<String> claims(Pool pool, int count) {
        List<String> claims = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            claims.add(claim(pool, NONE));
        }
        return claims;
    }

    @Test
    void targetsTakeRequestsInTurn() {
        assertThat(claims(healthy("a", "b", "c"), 7)).containsExactly("a", "b", "c", "a", "b", "c", "a");
        assertThat(claims(healthy("a"), 3)).containsExactly("a", "a", "a");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void theTurnsOfAnUnhealthyTargetAreSharedByAllTheOthers(int unhealthy) {
        Pool pool = healthy("a", "b", "c", "d");
        fail(pool, unhealthy);
        Map<String, Integer> counts = new HashMap<>();

        claims(pool, 300).forEach(name -> counts.merge(name, 1, Integer::sum));

        assertThat(counts)
                .hasSize(3)
                .allSatisfy((name, count) -> assertThat(count).isEqualTo(100));
    }

    @Test
    void aPoolWithoutAHealthyTargetGivesNoLease() {
        Pool pool = healthy("a", "b");
        fail(pool, 0);
        fail(pool, 1);

        assertThat(claimFrom(pool, NONE)).isNull();
        assertThat(claimFrom(pool, new Attempts())).isNull();
        assertThat(claimFrom(unprobed("a"), NONE)).isNull();
    }

    @Test
    void aPoolThatDrainsGivesNoLease() {
        Pool pool = healthy("a", "b");

        assertThat(pool.drain()).isDone();

        assertThat(claimFrom(pool, NONE)).isNull();
    }

    @Test
    void aTargetThatRefusedTheConnectionIsNotTriedAgain() {
        Pool pool = healthy("a", "b");
        Attempts attempts = new Attempts();
        attempts.refusedBy(pool.targets().get(0));

        assertThat(claim(pool, attempts)).isEqualTo("b");
        assertThat(claim(pool, attempts)).isEqualTo("b");

        attempts.refusedBy(pool.targets().get(1));
        assertThat(claim(pool, attempts)).isEqualTo("none");
    }

    @Test
    void aTargetWhoseConnectionBrokeIsTriedAgainIfThereIsNoOther() {
        Pool pool = healthy("a", "b");
        Attempts attempts = new Attempts();
        attempts.brokenBy(pool.targets().get(0));

        assertThat(claim(pool, attempts)).isEqualTo("b");
        assertThat(claim(pool, attempts)).isEqualTo("b");

        attempts.refusedBy(pool.targets().get(1));
        assertThat(claim(pool, attempts)).isEqualTo("a");
        assertThat(claim(pool, attempts)).isEqualTo("a");
    }

    @Test
    void theOnlyTargetIsTriedAgainOnANewConnection() {
        Pool pool = healthy("a");
        Attempts attempts = new Attempts();
        attempts.brokenBy(pool.targets().get(0));

        assertThat(claim(pool, attempts)).isEqualTo("a");
    }

    @Test
    void anUnhealthyTargetIsNotTriedEvenIfThereIsNoOther() {
        Pool pool = healthy("a", "b");
        fail(pool, 1);
        Attempts attempts = new Attempts();
        attempts.refusedBy(pool.targets().get(0));

        assertThat(claim(pool, attempts)).isEqualTo("none");
    }

    @Test
    void whatOneRequestHasTriedDoesNotConcernAnother() {
        Pool pool = healthy("a", "b");
        Attempts attempts = new Attempts();
        attempts.refusedBy(pool.targets().get(0));

        assertThat(claims(pool, 4)).containsExactly("a", "b", "a", "b");
    }

    @Test
    void theDrainOfAPoolEndsWithItsLastLease() {
        Pool pool = healthy("a", "b");
        Lease first = claimFrom(pool, NONE);
        Lease second = claimFrom(pool, NONE);
        var drained = pool.drain();

        first.release();
        assertThat(drained).isNotDone();
        second.release();
        assertThat(drained).isDone();
    }

    @Test
    void cutsAreCountedOverAllTargets() {
        Pool pool = healthy("a", "b");
        for (int i = 0; i < 5; i++) {
            claimFrom(pool, NONE);
        }
        claimFrom(pool, NONE).release();
        pool.drain();

        pool.cut();

        assertThat(pool.cuts()).isEqualTo(5);
        assertThat(pool.targets())
                .allSatisfy(target -> assertThat(target.inFlight()).isZero());
    }
}
