package dev.gapless.proxy.engine;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.HoldLimits;
import dev.gapless.proxy.ProxyException;
import dev.gapless.proxy.RolloutSplit;
import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.ServiceInfo.State;
import dev.gapless.proxy.ServiceInfo.TargetInfo;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.spi.Scheduler;
import dev.gapless.proxy.spi.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Many threads command and send requests at once. What they do is seeded; in which order it happens is not. */
final class ManyCommandsTest {
    private static final int THREADS = 8;
    private static final int STEPS = 1_500;
    private static final List<String> NAMES = List.of("alpha", "beta", "gamma");
    private static final Duration DRAIN = Duration.ofMillis(20);

    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS + 4);
    private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();
    private final Queue<String> retired = new ConcurrentLinkedQueue<>();
    private final Queue<CompletableFuture<?>> work = new ConcurrentLinkedQueue<>();
    private final AtomicInteger deployed = new AtomicInteger();
    private final ProxyEngine engine = new ProxyEngine(new EngineSetup(
            TimeSource.system(),
            this::schedule,
            threads,
            (target, check) -> CompletableFuture.completedFuture(ScriptedProbe.healthy()),
            target -> CompletableFuture.completedFuture(null),
            target -> retired.add(target.toString()),
            TlsEdge.NONE,
            List.of(),
            Map.of(),
            Map.of(),
            Optional.of(new MemoryStateStore()),
            NoCache.make()));

    private Scheduler.Cancellable schedule(Runnable action, Duration delay) {
        ScheduledFuture<?> task = timers.schedule(action, delay.toNanos(), TimeUnit.NANOSECONDS);
        return () -> task.cancel(false);
    }

    @AfterEach
    void end() {
        threads.shutdownNow();
        timers.shutdownNow();
    }

    @Test
    void allCommandsEndAndTheListIsNeverWrong() throws Exception {
        timers.scheduleWithFixedDelay(engine::checkExpiry, 1, 1, TimeUnit.MILLISECONDS);
        CountDownLatch commanders = new CountDownLatch(THREADS);
        List<CompletableFuture<Void>> running = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Random random = new Random(i);
            running.add(CompletableFuture.runAsync(() -> command(random), threads)
                    .whenComplete((done, failure) -> commanders.countDown()));
        }
        while (!commanders.await(1, TimeUnit.MILLISECONDS)) {
            checkList(engine.list());
        }
        running.forEach(CompletableFuture::join);
        NAMES.forEach(name -> accepted(() -> engine.resume(name)));
        NAMES.forEach(name -> work.add(engine.removeAsync(name, DRAIN)));
        awaitWork();

        assertThat(engine.list()).isEmpty();
        assertThat(retired).doesNotHaveDuplicates().hasSize(deployed.get());
    }

    /** A work that fails has ended, too, if it fails as commands do. */
    private void awaitWork() throws Exception {
        for (CompletableFuture<?> item = work.poll(); item != null; item = work.poll()) {
            Throwable failure = item.handle((done, thrown) -> thrown).get(30, TimeUnit.SECONDS);
            Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
            assertThat(cause == null || cause instanceof ProxyException)
                    .as("%s", failure)
                    .isTrue();
        }
    }

    private void command(Random random) {
        for (int i = 0; i < STEPS; i++) {
            String name = NAMES.get(random.nextInt(NAMES.size()));
            switch (random.nextInt(24)) {
                case 0, 1 -> deploy(name, random, false);
                case 2 -> deploy(name, random, true);
                case 3 -> work.add(engine.removeAsync(name, DRAIN));
                case 4 -> work.add(engine.pauseAsync(name, DRAIN, Duration.ofMillis(1 + random.nextInt(50))));
                case 5 -> work.add(engine.stopAsync(name, DRAIN, "closed"));
                case 6, 7, 8 -> accepted(() -> engine.resume(name));
                case 9 -> accepted(() -> engine.splitRollout(name, RolloutSplit.percent(50)));
                case 10 -> accepted(() -> engine.stopRollout(name));
                case 11 -> work.add(engine.promoteRolloutAsync(name, DRAIN));
                default -> new Traffic(name, random.nextInt(100)).decide();
            }
        }
    }

    private void deploy(String name, Random random, boolean rollout) {
        Deployment.Builder deployment = Deployment.builder(name)
                .target(name + "-" + random.nextLong())
                .target(name + "-" + random.nextLong())
                .drainTimeout(DRAIN)
                .force(random.nextBoolean());
        if (rollout) {
            deployment.asRollout();
        } else {
            HoldLimits limits = new HoldLimits(1 + random.nextInt(50), 1_000, 1 + random.nextInt(3));
            deployment.options(ServiceOptions.builder()
                    .host(name + ".example")
                    .holdLimits(limits)
                    .build());
        }
        work.add(engine.deployAsync(deployment.build()).thenAccept(result -> deployed.addAndGet(2)));
    }

    private static void accepted(Runnable command) {
        try {
            command.run();
        } catch (ProxyException e) {
            // There is no such service, or it has no rollout, at this moment.
        }
    }

    private static void checkList(List<ServiceInfo> list) {
        assertThat(list).extracting(ServiceInfo::name).isSorted().doesNotHaveDuplicates();
        Set<String> hosts = new HashSet<>();
        for (ServiceInfo info : list) {
            assertThat(hosts.addAll(info.options().hosts())).isTrue();
            assertThat(info.generation()).isPositive();
            assertThat(info.message()).isEqualTo(info.state() == State.STOPPED ? "closed" : "");
            assertThat(info.requestsHeld()).isBetween(0, 10_000);
            assertThat(info.targets()).hasSize(2).allMatch(TargetInfo::healthy);
            info.rollout().ifPresent(rollout -> assertThat(rollout.targets()).hasSize(2));
        }
    }

    /** A request that ends on another thread, a moment after its target has got it. */
    private final class Traffic implements Hold.Waiter {
        private final CompletableFuture<String> end = new CompletableFuture<>();
        private final Hold hold = new Hold(TimeSource.system().nanoTime(), 10, this);
        private final Request head;

        Traffic(String service, int client) {
            head = Request.to("http://" + service + ".example/").withHeader("Cookie", "kamal-rollout=" + client);
            work.add(end);
        }

        void decide() {
            Decision decision = engine.decide(head, new Attempts());
            if (decision instanceof Decision.Forward forward) {
                forward.lease().onCut(() -> over("cut"));
                threads.execute(() -> {
                    forward.lease().release();
                    over("forwarded");
                });
            } else if (decision instanceof Decision.Wait wait) {
                threads.execute(() -> hold.taken(100));
                hold.waitAt(wait.service());
            } else {
                over("answered");
            }
        }

        private void over(String how) {
            hold.leave();
            end.complete(how);
        }

        @Override
        public void goOn() {
            threads.execute(this::decide);
        }

        @Override
        public void refused(Decision.Respond answer) {
            over("answered");
        }
    }
}
