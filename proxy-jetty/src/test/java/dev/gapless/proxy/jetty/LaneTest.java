package dev.gapless.proxy.jetty;

import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SelectorManager;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class LaneTest {
    private final QueuedThreadPool threads = new QueuedThreadPool(4);
    private final LoneLane lanes = new LoneLane(threads);
    private final CountDownLatch done = new CountDownLatch(1);
    private final List<String> order = new ArrayList<>();

    @BeforeEach
    void start() throws Exception {
        threads.start();
        lanes.start();
    }

    @AfterEach
    void stop() throws Exception {
        lanes.stop();
        threads.stop();
    }

    @Test
    void whatIsPutOffIsDoneAfterTheTurnAndBeforeTheLaneWaits() throws Exception {
        inOneRound(() -> turn(() -> {
            putOff("later");
            lanes.lane.putOff(done::countDown);
            order.add("turn");
        }));

        awaitDone();
        assertThat(order).containsExactly("turn", "later");
    }

    @Test
    void whatIsPutOffAgainAndAgainIsDoneThoughNothingElseHappens() throws Exception {
        inOneRound(() -> turn(() -> putOff(5)));

        awaitDone();
    }

    @Test
    void aFailureKeepsNothingElseFromBeingDone() throws Exception {
        inOneRound(() -> turn(() -> {
            lanes.lane.putOff(() -> {
                throw new IllegalStateException("thrown by what was put off");
            });
            lanes.lane.putOff(done::countDown);
        }));

        awaitDone();
    }

    @Test
    void inALongRoundWhatIsPutOffDoesNotWaitForItsEnd() throws Exception {
        inOneRound(() -> {
            turn(() -> putOff("put off"));
            for (int i = 0; i < 2 * Lane.MOST_TURNS; i++) {
                turn(() -> order.add("turn"));
            }
            done.countDown();
        });

        awaitDone();
        assertThat(order.indexOf("put off")).isEqualTo(Lane.MOST_TURNS - 1);
    }

    private void putOff(String name) {
        lanes.lane.putOff(() -> order.add(name));
    }

    private void putOff(int times) {
        lanes.lane.putOff(times == 0 ? done::countDown : () -> putOff(times - 1));
    }

    private void inOneRound(Runnable turns) {
        lanes.lane.submit(selector -> turns.run());
    }

    private void turn(Runnable task) {
        new LaneTask(lanes.lane, task).run();
    }

    private void awaitDone() throws InterruptedException {
        assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
    }

    /** Has no connections. */
    private static final class LoneLane extends SelectorManager {
        private Lane lane;

        LoneLane(QueuedThreadPool threads) {
            super(threads, new ScheduledExecutorScheduler(), 1);
        }

        @Override
        protected ManagedSelector newSelector(int id) {
            lane = new Lane(this, id);
            return lane;
        }

        @Override
        protected EndPoint newEndPoint(SelectableChannel channel, ManagedSelector selector, SelectionKey key) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Connection newConnection(SelectableChannel channel, EndPoint endPoint, Object attachment) {
            throw new UnsupportedOperationException();
        }
    }
}
