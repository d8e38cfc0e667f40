package dev.gapless.proxy.engine;

import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.TargetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class TargetTest {
    private final Target target = new Target(TargetAddress.parse("web:80"), ServiceInfo.Role.WRITER, new ExpiryWatch());
    private final List<String> heard = new ArrayList<>();

    private Lease claim() {
        Lease lease = target.claim();
        assertThat(lease).isNotNull();
        return lease;
    }

    @Test
    void leasesAreCounted() {
        Lease first = claim();
        Lease second = claim();
        assertThat(target.inFlight()).isEqualTo(2);
        assertThat(first.target()).isSameAs(target);
        assertThat(first.address()).isEqualTo(target.address());

        first.release();
        second.release();
        assertThat(target.inFlight()).isZero();
    }

    @Test
    void onlyTheFirstEndOfALeaseCounts() {
        Lease twice = claim();
        claim();

        twice.release();
        twice.release();
        twice.cut();

        assertThat(target.inFlight()).isEqualTo(1);
        assertThat(target.cuts()).isZero();
    }

    @Test
    void noLeaseIsGivenOnceDrainingHasBegun() {
        Lease lease = claim();

        target.drain();

        assertThat(target.claim()).isNull();
        assertThat(target.inFlight()).isEqualTo(1);
        lease.release();
        assertThat(target.claim()).isNull();
        assertThat(target.inFlight()).isZero();
    }

    @Test
    void theDrainOfAnIdleTargetEndsAtOnceAndThatOfABusyOneWithItsLastLease() {
        Lease first = claim();
        Lease last = claim();
        first.release();

        CompletableFuture<?> drained = target.drain();
        assertThat(drained).isNotDone();
        last.release();
        assertThat(drained).isDone();

        assertThat(new Target(target.address(), ServiceInfo.Role.WRITER, new ExpiryWatch()).drain())
                .isDone();
    }

    @Test
    void drainingTwiceIsDrainingOnce() {
        Lease lease = claim();
        CompletableFuture<?> first = target.drain();

        CompletableFuture<?> second = target.drain();

        assertThat(second).isNotDone();
        lease.release();
        assertThat(first).isDone();
        assertThat(second).isDone();
        assertThat(target.drain()).isDone();
    }

    @Test
    void aCutRunsTheActionOfEachLeaseAndThenEndsIt() {
        claim().onCut(() -> heard.add("first, " + target.inFlight() + " in flight"));
        claim().onCut(() -> heard.add("second, " + target.inFlight() + " in flight"));
        claim();
        claim().release();
        CompletableFuture<?> drained = target.drain();
        drained.thenRun(() -> heard.add("drained"));

        target.cut();

        assertThat(heard).hasSize(3).last().isEqualTo("drained");
        assertThat(heard.toString()).contains("first", "second").doesNotContain(" 0 in flight");
        assertThat(target.cuts()).isEqualTo(3);
        assertThat(target.inFlight()).isZero();
    }

    @Test
    void aLeaseThatHasEndedIsNotCut() {
        Lease lease = claim();
        lease.onCut(() -> heard.add("cut"));
        lease.release();
        target.drain();

        target.cut();

        assertThat(heard).isEmpty();
        assertThat(target.cuts()).isZero();
    }

    @Test
    void anActionThatReleasesItsLeaseEndsItOnce() {
        Lease lease = claim();
        lease.onCut(() -> {
            heard.add("cut");
            lease.release();
        });
        CompletableFuture<?> drained = target.drain();

        target.cut();

        assertThat(heard).containsExactly("cut");
        assertThat(drained).isDone();
        assertThat(target.inFlight()).isZero();
    }

    @Test
    void theActionOfALeaseThatHasEndedIsNeverRun() {
        Lease lease = claim();
        lease.release();

        lease.onCut(() -> heard.add("cut"));

        assertThat(heard).isEmpty();
    }

    @Test
    void aCutReachesEveryOneOfManyLeases() {
        List<Lease> leases = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            Lease lease = claim();
            lease.onCut(() -> heard.add("cut"));
            leases.add(lease);
        }
        Collections.shuffle(leases, new Random(1));
        leases.subList(0, 2000).forEach(Lease::release);
        for (int i = 0; i < 1000; i++) {
            claim().onCut(() -> heard.add("cut"));
        }
        CompletableFuture<?> drained = target.drain();

        target.cut();

        assertThat(heard).hasSize(4000);
        assertThat(target.cuts()).isEqualTo(4000);
        assertThat(drained).isDone();
        leases.forEach(Lease::release);
        assertThat(target.inFlight()).isZero();
    }

    @Test
    void anExpiredLeaseIsToldOnceAndLives() {
        Lease lease = claim();
        lease.expireAt(10, () -> heard.add("expired"));

        target.checkExpiry(9);
        assertThat(heard).isEmpty();
        target.checkExpiry(10);
        target.checkExpiry(11);

        assertThat(heard).containsExactly("expired");
        assertThat(target.inFlight()).isEqualTo(1);
    }

    @Test
    void aDeadlineCanBeMovedAndTakenBack() {
        Lease moved = claim();
        moved.expireAt(10, () -> heard.add("first"));
        moved.expireAt(20, () -> heard.add("second"));
        Lease takenBack = claim();
        takenBack.expireAt(10, () -> heard.add("never"));
        takenBack.neverExpire();

        target.checkExpiry(15);
        assertThat(heard).isEmpty();
        target.checkExpiry(25);
        assertThat(heard).containsExactly("second");
    }

    @Test
    void aLeaseThatHasEndedDoesNotExpire() {
        Lease lease = claim();
        claim();
        lease.expireAt(10, () -> heard.add("expired"));
        lease.release();

        target.checkExpiry(20);

        assertThat(heard).isEmpty();
    }

    @Test
    void deadlinesAreRightWhenTheClockOverflows() {
        claim().expireAt(Long.MIN_VALUE + 5, () -> heard.add("after the overflow"));

        target.checkExpiry(Long.MAX_VALUE - 5);
        assertThat(heard).isEmpty();
        target.checkExpiry(Long.MIN_VALUE + 5);
        assertThat(heard).hasSize(1);
    }

    @Test
    void anExpiryThatThrowsKeepsNoOtherRequestFromItsOwn() {
        for (int i = 0; i < 20; i++) {
            claim().expireAt(10, () -> {
                heard.add("expired");
                throw new IllegalStateException("on purpose");
            });
        }

        target.checkExpiry(10);

        assertThat(heard).hasSize(20);
    }

    @Test
    void theFirstAttachmentIsKept() {
        assertThat(target.attachment()).isNull();

        assertThat(target.attachment("first")).isEqualTo("first");
        assertThat(target.attachment("second")).isEqualTo("first");
        assertThat(target.attachment()).isEqualTo("first");
    }
}
