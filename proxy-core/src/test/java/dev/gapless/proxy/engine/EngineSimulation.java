package dev.gapless.proxy.engine;

import dev.gapless.proxy.DeployResult;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.DrainResult;
import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.HoldLimits;
import dev.gapless.proxy.RolloutSplit;
import dev.gapless.proxy.ServiceInfo.State;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** An engine and its model, driven by the same random commands, requests and probes on one thread. */
final class EngineSimulation {
    private static final List<String> NAMES = List.of("alpha", "beta", "gamma");
    private static final List<String> HOSTS = List.of("a.example", "b.example", "c.example", "d.example");
    private static final List<String> METHODS = List.of("GET", "GET", "GET", "HEAD", "POST");

    final ManualTime time = new ManualTime();
    final EngineModel model = new EngineModel();
    final ProxyEngine engine;
    /** The requests that were released and have not gone on yet. */
    final Deque<SimulatedRequest> lane = new ArrayDeque<>();

    final List<SimulatedRequest> requests = new ArrayList<>();
    final Map<Modelled.Run, CompletableFuture<?>> runs = new HashMap<>();
    final Map<Modelled.Pause, CompletableFuture<DrainResult>> pauses = new HashMap<>();
    final RecordingLifecycle lifecycle = new RecordingLifecycle();
    final FlappingProbe probe;
    final Random random;
    private final SimulationCheck check = new SimulationCheck(this);
    private @Nullable String wrong;
    private String step = "nothing";
    private int targets;

    EngineSimulation(long seed) {
        random = new Random(seed);
        probe = new FlappingProbe(new Random(seed + 1), new FlappingProbe.Observer() {
            @Override
            public void asked(String target) {
                Modelled.Target modelled = model.targets.get(target);
                // A forced deployment that is replaced in the same step by another is probed for a moment.
                boolean right =
                        modelled != null && (modelled.pool.probed || modelled.pool.swappedAtStep == model.steps);
                require(right, () -> "probes " + target);
            }

            @Override
            public void answered(String target, boolean healthy) {
                Modelled.Target modelled = model.targets.get(target);
                if (modelled != null) {
                    model.probed(modelled, healthy);
                }
            }
        });
        engine = new ProxyEngine(new EngineSetup(
                time,
                time,
                Runnable::run,
                TargetProbe.of(probe),
                new ScriptedResolver(),
                lifecycle,
                TlsEdge.NONE,
                List.of(),
                Map.of(),
                Map.of(),
                Optional.empty(),
                NoCache.make()));
    }

    /** Notes what is wrong, as what a callback throws goes to a log. */
    void require(boolean condition, Supplier<String> otherwise) {
        if (!condition && wrong == null) {
            wrong = otherwise.get();
        }
    }

    /** Takes a step, and checks what must be so then; throws an {@link AssertionError} if it is not. */
    void step() {
        model.steps++;
        take(random.nextInt(100));
        check.all();
        if (wrong != null) {
            throw new AssertionError("after " + step + ": " + wrong);
        }
    }

    private void take(int choice) {
        if (choice < 22) {
            arrive();
        } else if (choice < 26) {
            takeMore();
        } else if (choice < 35) {
            endOne();
        } else if (choice < 40) {
            failOne();
        } else if (choice < 43) {
            leaveOne();
        } else if (choice < 57) {
            goOn();
        } else if (choice < 76) {
            advance();
        } else if (choice < 81) {
            step = "a late answer";
            probe.answerOne();
        } else {
            command(any(NAMES), choice - 81);
        }
    }

    private void command(String name, int choice) {
        Modelled.Service service = model.services.get(name);
        if (choice < 4) {
            deploy(name, false);
        } else if (choice < 7) {
            deploy(name, true);
        } else if (choice < 8) {
            remove(name);
        } else if (choice < 11) {
            pause(name, service);
        } else if (choice < 12) {
            stop(name, service);
        } else if (choice < 15) {
            resume(name, service);
        } else if (choice < 18) {
            split(name, service);
        } else {
            promote(name, service);
        }
    }

    <T> T any(List<T> some) {
        return some.get(random.nextInt(some.size()));
    }

    /** Nanoseconds that no other duration has, so that hardly two things are due at the same moment. */
    private long upTo(int seconds) {
        return random.nextInt(10) == 0 ? 0 : (long) (random.nextDouble() * seconds * 1e9);
    }

    Modelled.Request anyRequest() {
        String key = random.nextInt(3) == 0 ? null : "client " + random.nextInt(20);
        return new Modelled.Request(
                any(HOSTS), any(METHODS), any(List.of("/", "/", "/up")), key, random.nextInt(50), model.now);
    }

    private void arrive() {
        SimulatedRequest request = new SimulatedRequest(this, anyRequest());
        step = "arrival of " + request;
        requests.add(request);
        request.decide();
    }

    private @Nullable SimulatedRequest one(Set<String> states) {
        List<SimulatedRequest> some = requests.stream()
                .filter(request -> states.contains(request.heard))
                .toList();
        return some.isEmpty() ? null : any(some);
    }

    private void takeMore() {
        SimulatedRequest request = one(Set.of("in flight", "held", "released"));
        long more = random.nextInt(100);
        step = more + " more bytes of " + request;
        if (request != null) {
            request.take(more);
        }
    }

    private void endOne() {
        SimulatedRequest request = one(Set.of("in flight"));
        step = "the end of " + request;
        if (request != null) {
            request.end();
        }
    }

    private void leaveOne() {
        SimulatedRequest request = one(Set.of("in flight", "held", "released"));
        step = "the client's leaving " + request;
        if (request != null) {
            request.end();
        }
    }

    private void failOne() {
        SimulatedRequest request = one(Set.of("in flight"));
        step = "the failure of " + request;
        if (request != null) {
            request.failAndRepeat(random.nextBoolean());
        }
    }

    private void goOn() {
        step = "going on of " + lane.peek();
        if (!lane.isEmpty()) {
            lane.poll().decide();
        }
    }

    private void advance() {
        step = "time";
        long end = model.now + (random.nextInt(20) == 0 ? upTo(30) : upTo(1));
        for (Duration next = time.untilNext();
                next != null && model.now + next.toNanos() <= end;
                next = time.untilNext()) {
            model.moveTo(model.now + next.toNanos());
            time.runNext();
        }
        time.advance(Duration.ofNanos(end - model.now));
        model.moveTo(end);
        model.expire();
        engine.checkExpiry();
    }

    private void deploy(String name, boolean rollout) {
        Modelled.Run run = new Modelled.Run(name);
        run.rollout = rollout;
        run.force = random.nextInt(6) == 0;
        run.host = random.nextInt(4) > 0 ? HOSTS.get(NAMES.indexOf(name)) : any(HOSTS);
        run.limits = new HoldLimits(random.nextInt(7), random.nextInt(200), 1 + random.nextInt(3));
        run.deployTimeout = 1 + upTo(8);
        run.drainTimeout = upTo(8);
        run.failures = 1 + random.nextInt(2);
        run.successes = 1 + random.nextInt(2);
        HealthCheck health = HealthCheck.builder()
                .interval(Duration.ofNanos(500_000_000 + random.nextInt(1_000_000_000)))
                .failuresUntilUnhealthy(run.failures)
                .successesUntilHealthy(run.successes)
                .build();
        Deployment.Builder deployment = Deployment.builder(name)
                .force(run.force)
                .deployTimeout(Duration.ofNanos(run.deployTimeout))
                .drainTimeout(Duration.ofNanos(run.drainTimeout));
        step = (rollout ? "rollout of " : "deployment of ") + name + " to " + run.host;
        if (rollout) {
            deployment.asRollout();
        } else {
            deployment.options(ServiceOptions.builder()
                    .host(run.host)
                    .holdLimits(run.limits)
                    .healthCheck(health)
                    .build());
        }
        addTargets(run, deployment);
        model.deploy(run);
        CompletableFuture<DeployResult> report = engine.deployAsync(deployment.build());
        runs.put(run, report);
    }

    private void addTargets(Modelled.Run run, Deployment.Builder deployment) {
        int writers = 1 + random.nextInt(3);
        int readers = random.nextInt(2) * random.nextInt(3);
        for (int i = 0; i < writers + readers; i++) {
            String address = "t" + targets++ + ":80";
            boolean reader = i >= writers;
            Modelled.Target target = new Modelled.Target(address, run.pool, reader);
            run.pool.targets.add(target);
            model.targets.put(address, target);
            if (reader) {
                deployment.reader(address);
            } else {
                deployment.target(address);
            }
        }
    }

    private void remove(String name) {
        step = "removal of " + name;
        Modelled.Run removal = new Modelled.Run(name);
        removal.drainTimeout = upTo(8);
        boolean there = model.remove(removal);
        CompletableFuture<?> report = engine.removeAsync(name, Duration.ofNanos(removal.drainTimeout));
        if (there) {
            runs.put(removal, report);
        } else {
            require(report.isCompletedExceptionally(), () -> "removes what is not there");
        }
    }

    private void pause(String name, Modelled.@Nullable Service service) {
        long drain = upTo(8);
        long longest = 1 + upTo(10);
        step = "pause of " + name + " for " + longest;
        close(
                service,
                State.PAUSED,
                "",
                longest,
                drain,
                () -> engine.pauseAsync(name, Duration.ofNanos(drain), Duration.ofNanos(longest)));
    }

    private void stop(String name, Modelled.@Nullable Service service) {
        long drain = upTo(8);
        String message = "message " + random.nextInt(100);
        step = "stop of " + name;
        close(
                service,
                State.STOPPED,
                message,
                0,
                drain,
                () -> engine.stopAsync(name, Duration.ofNanos(drain), message));
    }

    private void close(
            Modelled.@Nullable Service service,
            State state,
            String message,
            long longest,
            long drain,
            Supplier<CompletableFuture<DrainResult>> command) {
        if (service == null) {
            require(command.get().isCompletedExceptionally(), () -> "closes what is not there");
        } else {
            Modelled.Pause pause = model.close(service, state, message, longest, drain);
            pauses.put(pause, command.get());
        }
    }

    private void resume(String name, Modelled.@Nullable Service service) {
        step = "resumption of " + name;
        if (service == null) {
            refused(() -> engine.resume(name));
        } else {
            model.resume(service);
            engine.resume(name);
        }
    }

    private void split(String name, Modelled.@Nullable Service service) {
        boolean stop = random.nextInt(4) == 0;
        RolloutSplit split = random.nextBoolean()
                ? RolloutSplit.percent(random.nextInt(101))
                : RolloutSplit.allowing(List.of("client 1", "client 2"));
        Runnable command = stop ? () -> engine.stopRollout(name) : () -> engine.splitRollout(name, split);
        step = "split of " + name + ": " + (stop ? "none" : split);
        if (service == null || (service.rollout == null && !stop)) {
            refused(command);
        } else {
            service.split = stop ? null : split;
            command.run();
        }
    }

    private void promote(String name, Modelled.@Nullable Service service) {
        step = "promotion of " + name;
        Modelled.Run promotion = new Modelled.Run(name);
        promotion.drainTimeout = upTo(8);
        Duration drain = Duration.ofNanos(promotion.drainTimeout);
        if (service == null || service.rollout == null) {
            require(
                    engine.promoteRolloutAsync(name, drain).isCompletedExceptionally(),
                    () -> "promotes what is not there");
        } else {
            model.promote(promotion, service);
            runs.put(promotion, engine.promoteRolloutAsync(name, drain));
        }
    }

    private void refused(Runnable command) {
        boolean done = true;
        try {
            command.run();
        } catch (RuntimeException e) {
            done = false;
        }
        boolean accepted = done;
        require(!accepted, () -> "accepts what cannot be");
    }
}
