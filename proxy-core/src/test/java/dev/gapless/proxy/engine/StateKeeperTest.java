package dev.gapless.proxy.engine;

import dev.gapless.proxy.spi.StateStore;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** When a change is saved, and who hears of it. */
final class StateKeeperTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "keeper");
        thread.setDaemon(true);
        return thread;
    });
    private final SlowStore store = new SlowStore();
    private final StateKeeper keeper = new StateKeeper(Optional.of(store), threads, List::of, failure -> {});

    /** Saves nothing before it is told to. */
    private static final class SlowStore implements StateStore {
        final CountDownLatch begun = new CountDownLatch(1);
        final CountDownLatch mayGoOn = new CountDownLatch(1);
        final AtomicInteger saves = new AtomicInteger();

        @Override
        public List<Saved> load() {
            return List.of();
        }

        @Override
        public void save(byte[] state) throws IOException {
            begun.countDown();
            try {
                mayGoOn.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            saves.incrementAndGet();
        }

        @Override
        public String setAside(Saved damaged) {
            return damaged.location();
        }
    }

    @AfterEach
    void end() {
        threads.shutdownNow();
    }

    @Test
    void whoHearsOfASaveMayWaitForAnother() {
        CompletableFuture<@Nullable Void> both =
                keeper.save().thenRun(() -> keeper.save().join());

        store.mayGoOn.countDown();

        assertThat(both).succeedsWithin(PATIENCE);
        assertThat(store.saves).hasValue(2);
    }

    @Test
    void whoHearsOfASaveMayWaitForOneThatIsWantedAlready() throws InterruptedException {
        CompletableFuture<@Nullable Void> first = keeper.save();
        store.begun.await();
        CompletableFuture<@Nullable Void> second = keeper.save();
        CompletableFuture<@Nullable Void> heard = first.thenRun(second::join);

        store.mayGoOn.countDown();

        assertThat(heard).succeedsWithin(PATIENCE);
    }

    @Test
    void changesThatComeWhileASaveIsUnderWayAreSavedTogether() throws InterruptedException {
        CompletableFuture<@Nullable Void> first = keeper.save();
        store.begun.await();
        List<CompletableFuture<@Nullable Void>> others = List.of(keeper.save(), keeper.save(), keeper.save());

        store.mayGoOn.countDown();

        assertThat(first).succeedsWithin(PATIENCE);
        assertThat(others).allSatisfy(saved -> assertThat(saved).succeedsWithin(PATIENCE));
        assertThat(store.saves).hasValue(2);
    }
}
