package dev.gapless.proxy.engine;

import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.TargetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

final class PoolTest {
    private static final Attempts NONE = new Attempts();

    private static Pool healthy(String... names) {
        Pool pool = new Pool(
                Stream.of(names).map(name -> new TargetAddress(name, 80)).toList());
        pool.targets().forEach(Target::setHealthy);
        return pool;
    }

    private static void fail(Target target) {
        target.probed(ScriptedProbe.unhealthy("gone"), HealthCheck.defaults());
    }

    /** Claims and releases; returns the host of the target, or "none". */
    private static String claim(Pool pool, Attempts attempts) {
        Lease lease = pool.claim(attempts);
        if (lease == null) {
            return "none";
        }
        lease.release();
        return lease.address().host();
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
        fail(pool.targets().get(unhealthy));
        Map<String, Integer> counts = new HashMap<>();

        claims(pool, 300).forEach(name -> counts.merge(name, 1, Integer::sum));

        assertThat(counts)
                .hasSize(3)
                .allSatisfy((name, count) -> assertThat(count).isEqualTo(100));
    }

    @Test
    void aPoolWithoutAHealthyTargetGivesNoLease() {
        Pool pool = healthy("a", "b");
        pool.targets().forEach(PoolTest::fail);

        assertThat(pool.claim(NONE)).isNull();
        assertThat(pool.claim(new Attempts())).isNull();
        assertThat(new Pool(List.of(new TargetAddress("a", 80))).claim(NONE)).isNull();
    }

    @Test
    void aPoolThatDrainsGivesNoLease() {
        Pool pool = healthy("a", "b");

        assertThat(pool.drain()).isDone();

        assertThat(pool.claim(NONE)).isNull();
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
        fail(pool.targets().get(1));
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
        Lease first = pool.claim(NONE);
        Lease second = pool.claim(NONE);
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
            pool.claim(NONE);
        }
        pool.claim(NONE).release();
        pool.drain();

        pool.cut();

        assertThat(pool.cuts()).isEqualTo(5);
        assertThat(pool.targets())
                .allSatisfy(target -> assertThat(target.inFlight()).isZero());
    }
}
