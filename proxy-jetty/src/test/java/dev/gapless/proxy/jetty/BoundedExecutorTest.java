package dev.gapless.proxy.jetty;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class BoundedExecutorTest {
    private final Queue<Runnable> pool = new ArrayDeque<>();
    private final List<Integer> done = new ArrayList<>();
    private final BoundedExecutor bounded = new BoundedExecutor(pool::add, 2);

    @Test
    void moreTasksThanMayRunAtOnceTakeNoMoreThreads() {
        for (int i = 0; i < 5; i++) {
            int task = i;
            bounded.execute(() -> done.add(task));
        }

        assertThat(pool).hasSize(2);
        pool.remove().run();
        assertThat(done).containsExactly(0, 1, 2, 3, 4);
    }

    @Test
    void aTaskThatFailsKeepsNoOtherFromRunning() {
        bounded.execute(() -> {
            throw new IllegalStateException("broken on purpose");
        });
        bounded.execute(() -> done.add(1));

        pool.remove().run();

        assertThat(done).containsExactly(1);
    }

    @Test
    void aTaskThatComesLaterGetsAThreadAgain() {
        for (int i = 0; i < 4; i++) {
            int task = i;
            bounded.execute(() -> done.add(task));
            pool.remove().run();
        }

        assertThat(done).containsExactly(0, 1, 2, 3);
    }

    @Test
    void aPoolThatTakesNoTaskIsReported() {
        BoundedExecutor refused = new BoundedExecutor(
                task -> {
                    throw new RejectedExecutionException("full on purpose");
                },
                1);

        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> refused.execute(() -> done.add(1))).isInstanceOf(RejectedExecutionException.class);
        }
        assertThat(done).isEmpty();
    }

    @Test
    void noTaskIsForgottenWhenManyComeFromManyThreads() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        BoundedExecutor shared = new BoundedExecutor(threads, 2);
        AtomicInteger ran = new AtomicInteger();
        ExecutorService senders = Executors.newFixedThreadPool(4);
        for (int i = 0; i < 4; i++) {
            senders.execute(() -> {
                for (int j = 0; j < 5_000; j++) {
                    shared.execute(ran::incrementAndGet);
                }
            });
        }
        senders.shutdown();
        assertThat(senders.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
        ProxyScaffold.eventually("all have run", () -> ran.get() == 20_000);
        threads.shutdown();
    }
}
