package dev.gapless.proxy.jetty;

import dev.gapless.proxy.Pace;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class ReceivingPaceTest {
    private final MovedTime time = new MovedTime();
    private final PaceWatch watch = new PaceWatch(time);
    private final AtomicInteger tooSlow = new AtomicInteger();
    private final CountedPatience patience = new CountedPatience();
    private final ReluctantClient client = new ReluctantClient();
    private final AtomicInteger taken = new AtomicInteger();
    private final AtomicInteger lost = new AtomicInteger();

    private ReceivingPace atLeast(long bytesPerSecond) {
        Pace pace = new Pace(bytesPerSecond, Duration.ofSeconds(10));
        return watch.receiving(pace, client, patience, tooSlow::incrementAndGet);
    }

    private void write(ReceivingPace pace, int bytes) {
        pace.write(
                false,
                ByteBuffer.allocate(bytes),
                Callback.from(taken::incrementAndGet, failure -> lost.incrementAndGet()));
    }

    private void pass(int seconds) {
        time.advance(Duration.ofSeconds(seconds));
        watch.check();
    }

    @Test
    void aPartThatIsTakenAtOnceIsNotWatched() {
        ReceivingPace pace = atLeast(100);
        client.eager = true;
        write(pace, 1000);
        write(pace, 1000);
        assertThat(taken).hasValue(2);
        assertThat(watch.size()).isZero();
        assertThat(patience.begun).isZero();
        pace.ends();
    }

    @Test
    void aPartThatCannotBeTakenAnyMoreIsNotWaitedFor() {
        write(atLeast(100), 1000);
        pass(1);
        assertThat(tooSlow).hasValue(0);
        patience.inVain = true;
        pass(1);
        assertThat(tooSlow).hasValue(1);
    }

    @Test
    void aPartMayTakeTheIdleTimeAndTheTimeThatTheRateMakesOfIt() {
        write(atLeast(100), 1000);
        pass(20);
        assertThat(tooSlow).hasValue(0);
        pass(1);
        assertThat(tooSlow).hasValue(1);
        pass(100);
        assertThat(tooSlow).hasValue(1);
        assertThat(watch.size()).isZero();
    }

    @Test
    void aPartMayTakeTheIdleTimeAtARateOfZero() {
        write(atLeast(0), 64 * 1024);
        pass(10);
        assertThat(tooSlow).hasValue(0);
        pass(1);
        assertThat(tooSlow).hasValue(1);
    }

    @Test
    void eachPartHasATimeOfItsOwn() {
        ReceivingPace pace = atLeast(0);
        for (int i = 0; i < 20; i++) {
            write(pace, 1000);
            pass(10);
            client.take();
        }
        assertThat(taken).hasValue(20);
        assertThat(tooSlow).hasValue(0);
    }

    @Test
    void theTimeBetweenPartsDoesNotCount() {
        ReceivingPace pace = atLeast(0);
        write(pace, 1000);
        client.take();
        pass(1000);
        assertThat(tooSlow).hasValue(0);
    }

    @Test
    void nobodyElseCountsTheClientAsIdleWhileAPartWaits() {
        ReceivingPace pace = atLeast(0);
        write(pace, 1000);
        assertThat(patience.now).isEqualTo(1);
        client.take();
        assertThat(patience.now).isZero();
        write(pace, 1000);
        assertThat(patience.now).isEqualTo(1);
        pace.ends();
        client.take();
        assertThat(patience.now).isZero();
        assertThat(taken).hasValue(2);
    }

    @Test
    void patienceEndsWhenTheClientIsTooSlowAndWhatHappensToThePartIsToldAllTheSame() {
        write(atLeast(0), 1000);
        pass(11);
        assertThat(patience.now).isZero();
        client.refuse();
        assertThat(patience.now).isZero();
        assertThat(lost).hasValue(1);
    }

    @Test
    void aPartThatFailsWaitsNoLonger() {
        ReceivingPace pace = atLeast(0);
        write(pace, 1000);
        client.refuse();
        pass(100);
        assertThat(lost).hasValue(1);
        assertThat(tooSlow).hasValue(0);
        assertThat(patience.now).isZero();
        pace.ends();
        assertThat(watch.size()).isZero();
    }

    @Test
    void whatIsWrittenAfterTheEndIsNotWatched() {
        ReceivingPace pace = atLeast(0);
        pace.ends();
        write(pace, 1000);
        assertThat(watch.size()).isZero();
        assertThat(patience.now).isZero();
        client.take();
        assertThat(taken).hasValue(1);
    }

    @Test
    void aResponseMayEndOnOneThreadWhileItsLastPartBeginsToWaitOnAnother() {
        ReceivingPace pace = atLeast(0);
        client.whenAsked = () -> {
            client.take();
            pace.ends();
        };
        write(pace, 1000);
        pass(100);
        assertThat(tooSlow).hasValue(0);
        assertThat(patience.now).isZero();
        assertThat(watch.size()).isZero();
    }

    /** Takes a part when it is told to. */
    private static final class ReluctantClient implements Content.Sink {
        boolean eager;
        Runnable whenAsked = () -> {};
        private Callback offered = Callback.NOOP;

        @Override
        public void write(boolean last, ByteBuffer part, Callback callback) {
            offered = callback;
            if (eager) {
                callback.succeeded();
            }
            whenAsked.run();
        }

        void take() {
            offered.succeeded();
        }

        void refuse() {
            offered.failed(new IOException("gone"));
        }
    }

    private static final class CountedPatience implements ReceivingPace.Patience {
        int begun;
        int now;
        boolean inVain;

        @Override
        public boolean isInVain() {
            return inVain;
        }

        @Override
        public void begin() {
            begun++;
            now++;
        }

        @Override
        public void end() {
            now--;
        }
    }
}
