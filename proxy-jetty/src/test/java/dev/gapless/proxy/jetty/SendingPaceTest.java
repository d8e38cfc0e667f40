package dev.gapless.proxy.jetty;

import dev.gapless.proxy.Pace;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class SendingPaceTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final MovedTime time = new MovedTime();
    private final PaceWatch watch = new PaceWatch(time);
    private final AtomicInteger tooSlow = new AtomicInteger();

    private SendingPace atLeast(long bytesPerSecond) {
        return watch.sending(new Pace(bytesPerSecond, Duration.ofSeconds(10)), tooSlow::incrementAndGet);
    }

    private void pass(int seconds) {
        for (int i = 0; i < seconds; i++) {
            time.advance(SECOND);
            watch.check();
        }
    }

    @Test
    void aBodyThatIsThereAtOnceIsNotWatched() {
        SendingPace pace = atLeast(100);
        pace.came(10);
        pace.came(0);
        assertThat(watch.size()).isZero();
        pace.ends();
        assertThat(watch.size()).isZero();
    }

    @Test
    void aClientThatSendsNothingIsTooSlowAfterTheIdleTime() {
        SendingPace pace = atLeast(0);
        pace.waits();
        pass(9);
        assertThat(tooSlow).hasValue(0);
        pass(1);
        assertThat(tooSlow).hasValue(1);
    }

    @Test
    void itIsSaidOnceAndTheTransferIsForgotten() {
        SendingPace pace = atLeast(0);
        pace.waits();
        pass(100);
        pace.came(5);
        pace.waits();
        pass(100);
        pace.ends();
        assertThat(tooSlow).hasValue(1);
        assertThat(watch.size()).isZero();
    }

    @Test
    void aSingleByteInEachIdleTimeWillDoAtARateOfZero() {
        SendingPace pace = atLeast(0);
        for (int i = 0; i < 50; i++) {
            pace.waits();
            pass(9);
            pace.came(1);
        }
        assertThat(tooSlow).hasValue(0);
    }

    @Test
    void aClientThatTricklesIsTooSlow() {
        SendingPace pace = atLeast(100);
        int seconds = 0;
        while (tooSlow.get() == 0 && seconds < 100) {
            pace.waits();
            pass(1);
            pace.came(99);
            seconds++;
        }
        assertThat(seconds).isEqualTo(11);
    }

    @Test
    void aClientAtTheRateIsNotTooSlow() {
        SendingPace pace = atLeast(100);
        for (int i = 0; i < 100; i++) {
            pace.waits();
            pass(3);
            pace.came(300);
        }
        assertThat(tooSlow).hasValue(0);
    }

    @Test
    void aBeginningThatWasFastDoesNotExcuseTheRest() {
        SendingPace pace = atLeast(100);
        pace.came(1_000_000);
        int seconds = 0;
        while (tooSlow.get() == 0 && seconds < 100) {
            pace.waits();
            pass(1);
            pace.came(1);
            seconds++;
        }
        assertThat(seconds).isEqualTo(21);
    }

    @Test
    void theTimeThatTheProxyTakesDoesNotCount() {
        SendingPace pace = atLeast(1000);
        for (int i = 0; i < 10; i++) {
            pace.waits();
            pass(1);
            pace.came(1);
            pass(1000);
        }
        assertThat(tooSlow).hasValue(0);
        pace.waits();
        pass(1);
        assertThat(tooSlow).hasValue(1);
    }

    @Test
    void aWaitThatIsGivenUpDoesNotGoOn() {
        SendingPace pace = atLeast(0);
        pace.waits();
        pass(5);
        pace.came(0);
        pass(1000);
        assertThat(tooSlow).hasValue(0);
    }

    @Test
    void aWaitThatIsSaidAgainBeganWhenItWasSaidFirst() {
        SendingPace pace = atLeast(0);
        for (int i = 0; i < 10; i++) {
            pace.waits();
            pass(1);
        }
        assertThat(tooSlow).hasValue(1);
    }

    @Test
    void aBodyAtItsEndIsNotTooSlow() {
        SendingPace pace = atLeast(0);
        pace.waits();
        pace.ends();
        pace.ends();
        pass(100);
        assertThat(tooSlow).hasValue(0);
        assertThat(watch.size()).isZero();
    }

    @Test
    void anIdleTimeThatNobodyWillSeeTheEndOfIsAllowed() {
        SendingPace pace = watch.sending(new Pace(240, Duration.ofDays(36_000)), tooSlow::incrementAndGet);
        pace.waits();
        pass(1000);
        assertThat(tooSlow).hasValue(0);
    }

    /** Each turn of a client is as long as it may be, and checked again and again: no look may take two turns for one. */
    @Test
    void aClientThatMovesIsNeverTooSlowHoweverOftenItIsLookedAt() throws Exception {
        SendingPace pace = atLeast(0);
        CountDownLatch checking = new CountDownLatch(1);
        Thread checker = new Thread(() -> {
            checking.countDown();
            while (!Thread.currentThread().isInterrupted()) {
                watch.check();
            }
        });
        checker.start();
        checking.await();
        try {
            for (int i = 0; i < 200_000; i++) {
                pace.waits();
                time.advance(Duration.ofNanos(9_999_999_999L));
                pace.came(1);
                time.advance(Duration.ofSeconds(20));
            }
        } finally {
            checker.interrupt();
            checker.join();
        }
        assertThat(tooSlow).hasValue(0);
    }
}
