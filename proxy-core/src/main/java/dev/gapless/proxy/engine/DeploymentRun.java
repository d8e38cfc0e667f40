package dev.gapless.proxy.engine;

import dev.gapless.proxy.DeployEvent;
import dev.gapless.proxy.DeployFailedException;
import dev.gapless.proxy.DeployResult;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.ProbeOutcome;
import dev.gapless.proxy.ProxyException;
import dev.gapless.proxy.RouteConflictException;
import dev.gapless.proxy.ServiceNotFoundException;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.Slot;
import dev.gapless.proxy.TargetAddress;
import dev.gapless.proxy.spi.Scheduler;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One deployment from the call to its end. Steps are taken under the lock of the run; the engine's lock, which the swap
 * needs, is taken inside it and never the other way round.
 */
final class DeploymentRun {
    private enum Phase {
        /** An earlier deployment of the service is running. PROBING follows, or DONE if the service is removed. */
        WAITING,
        /** The targets are looked up and probed. DRAINING follows with the swap, or DONE if it fails. */
        PROBING,
        /** New requests go to the new targets; those on the replaced ones are waited for. DONE follows. */
        DRAINING,
        /** Reported. Nothing follows. */
        DONE
    }

    static final String REMOVED = "the service was removed meanwhile";
    /** The timeline keeps this many probes; a long deploy timeout with a short interval makes more. */
    private static final int MAX_PROBES_KEPT = 1_000;

    private final ProxyEngine engine;
    private final Deployment deployment;
    /** Made anew when the run starts: what it waited for may have changed the options that a rollout takes. */
    private ServiceOptions options;

    private Pool pool;
    private TlsEdge.Prepared tls = TlsEdge.Prepared.NOTHING;
    private StaticDirectories files = StaticDirectories.NONE;
    private final long startNanos;
    private final Instant startedAt;
    private final CompletableFuture<DeployResult> completion = new CompletableFuture<>();
    private final List<DeployEvent> timeline = new ArrayList<>();
    private final Map<TargetAddress, ProbeOutcome> lastOutcomes = new LinkedHashMap<>();
    private final List<ProbeLoop> loops = new ArrayList<>();
    private int probesKept;
    /** The service was removed: the engine refuses the swap from then on. Set under the engine's lock. */
    private volatile boolean overtaken;

    private boolean swapped;
    private Scheduler.@Nullable Cancellable deadline;
    private Phase phase = Phase.WAITING;

    DeploymentRun(ProxyEngine engine, Deployment deployment) {
        this(engine, deployment, engine.optionsOf(deployment));
    }

    DeploymentRun(ProxyEngine engine, Deployment deployment, ServiceOptions options) {
        this.engine = engine;
        this.deployment = deployment;
        this.options = options;
        this.pool = engine.newPool(deployment, options);
        this.startNanos = engine.time().nanoTime();
        this.startedAt = engine.time().now();
    }

    String service() {
        return deployment.service();
    }

    ServiceOptions options() {
        return options;
    }

    boolean isRollout() {
        return deployment.slot() == Slot.ROLLOUT;
    }

    Pool pool() {
        return pool;
    }

    /** {@return what was made ready for TLS with clients; nothing for a rollout, which has that of its service} */
    TlsEdge.Prepared tls() {
        return tls;
    }

    /** {@return where the static files are, but for those of earlier deployments; none for a rollout, which has its service's} */
    StaticDirectories files() {
        return files;
    }

    CompletableFuture<DeployResult> completion() {
        return completion;
    }

    /** Takes the first step, once no earlier deployment of the service is running. */
    synchronized void start() {
        if (phase != Phase.WAITING) {
            return;
        }
        try {
            options = engine.optionsOf(deployment);
            pool = engine.newPool(deployment, options);
            engine.check(this);
            tls = isRollout() ? tls : engine.prepareTls(service(), options);
            files = isRollout() ? files : StaticDirectories.deployed(options);
            prepare();
        } catch (RouteConflictException | ServiceNotFoundException e) {
            fail(e);
            return;
        } catch (IllegalArgumentException e) {
            fail(e.getMessage());
            return;
        }
        phase = Phase.PROBING;
        List<TargetAddress> addresses =
                pool.targets().stream().map(Target::address).toList();
        record(new DeployEvent.Started(elapsed(), addresses));
        deadline = engine.scheduler().schedule(this::deadlineReached, deployment.deployTimeout());
        CompletableFuture.allOf(addresses.stream().map(this::resolve).toArray(CompletableFuture<?>[]::new))
                .whenComplete((done, failure) -> engine.execute(this::resolved));
    }

    /** Makes ready what connections to the targets need; throws an {@link IllegalArgumentException} that names what is missing. */
    void prepare() {
        engine.prepare(pool, options);
    }

    /** The deployment was made by an earlier process: its targets take requests at once, and are probed from now on. */
    synchronized void restored() {
        phase = Phase.DONE;
        swapped = true;
        settleProbing();
    }

    void overtake() {
        overtaken = true;
    }

    boolean isOvertaken() {
        return overtaken;
    }

    /** Ends a deployment that has not come to its swap; does nothing to one that has. */
    synchronized void cancel(String reason) {
        if (phase == Phase.WAITING || phase == Phase.PROBING) {
            fail(reason);
        }
    }

    private CompletableFuture<?> resolve(TargetAddress target) {
        return engine.resolve(target).whenComplete((done, failure) -> {
            if (failure != null) {
                unresolved(target, failure);
            }
        });
    }

    private synchronized void unresolved(TargetAddress target, Throwable failure) {
        if (phase == Phase.PROBING) {
            fail("target \"" + target + "\" does not resolve: " + ProbeLoop.reason(failure));
        }
    }

    private synchronized void resolved() {
        if (phase != Phase.PROBING) {
            return;
        }
        if (deployment.force()) {
            pool.setHealthy();
            swap();
        } else {
            startProbing(this::probed);
        }
    }

    private void startProbing(ProbeLoop.Observer observer) {
        HealthCheck check = options.healthCheck();
        for (Target target : pool.targets()) {
            loops.add(engine.newProbeLoop(target, check, observer));
        }
        List.copyOf(loops).forEach(ProbeLoop::start);
    }

    private synchronized void probed(Target target, ProbeOutcome outcome, Duration took) {
        boolean changed = target.probed(outcome, options.healthCheck());
        if (changed) {
            pool.refresh();
        }
        if (phase == Phase.PROBING) {
            lastOutcomes.put(target.address(), outcome);
            if (probesKept++ < MAX_PROBES_KEPT) {
                record(new DeployEvent.Probed(elapsed(), target.address(), outcome, took));
            }
            if (changed && target.isHealthy()) {
                record(new DeployEvent.BecameHealthy(elapsed(), target.address()));
            }
            if (pool.isHealthy()) {
                swap();
            }
        } else if (swapped && changed) {
            engine.events().targetHealth(deployment.service(), target.address(), outcome);
        }
    }

    private synchronized void deadlineReached() {
        if (phase == Phase.PROBING) {
            String targets = pool.targets().stream()
                    .filter(target -> !target.isHealthy())
                    .map(target -> target + " (" + lastProbe(target) + ")")
                    .collect(Collectors.joining(", "));
            fail("not healthy within " + deployment.deployTimeout() + ": " + targets);
        }
    }

    private String lastProbe(Target target) {
        ProbeOutcome outcome = lastOutcomes.get(target.address());
        return outcome == null ? "no probe has been answered yet" : "last probe: " + outcome;
    }

    private void swap() {
        ProxyEngine.@Nullable Swap swap;
        try {
            swap = engine.swap(this);
        } catch (RouteConflictException e) {
            fail(e);
            return;
        }
        if (swap == null) {
            fail(REMOVED);
            return;
        }
        phase = Phase.DRAINING;
        swapped = true;
        cancelDeadline();
        record(
                isRollout()
                        ? new DeployEvent.RolloutReady(elapsed())
                        : new DeployEvent.Swapped(elapsed(), swap.service().generation()));
        settleProbing();
        engine.execute(swap.service().gate()::releaseNext); // More may be released at once now than before.
        CompletableFuture<@Nullable Void> saved = engine.save();
        Pool replaced = swap.replaced();
        if (replaced == null) {
            saved.thenRun(this::succeed);
        } else {
            drain(replaced, saved);
        }
    }

    /** From the swap on only a pool of several is probed, for as long as it lives. */
    private void settleProbing() {
        if (pool.targets().size() == 1) {
            stopProbing();
        } else if (loops.isEmpty()) {
            startProbing(this::probed);
        }
    }

    private void drain(Pool replaced, CompletableFuture<?> saved) {
        long begin = engine.time().nanoTime();
        engine.drain(replaced, deployment.drainTimeout())
                .thenRun(() -> drained(replaced, Duration.ofNanos(engine.time().nanoTime() - begin)))
                .thenCompose(drained -> saved)
                .thenRun(this::succeed);
    }

    private synchronized void drained(Pool replaced, Duration took) {
        if (replaced.cuts() > 0) {
            record(new DeployEvent.RequestsCut(elapsed(), replaced.cuts()));
        }
        record(new DeployEvent.Drained(elapsed(), took));
    }

    private synchronized void succeed() {
        phase = Phase.DONE;
        DeployResult result = result();
        engine.execute(() -> completion.complete(result));
    }

    private void fail(@Nullable String reason) {
        String message = "service \"" + deployment.service() + "\" not deployed: " + reason;
        end(reason);
        DeployFailedException failure = new DeployFailedException(message, result());
        engine.execute(() -> completion.completeExceptionally(failure));
    }

    private void fail(ProxyException refusal) {
        end(refusal.getMessage());
        engine.execute(() -> completion.completeExceptionally(refusal));
    }

    private void end(@Nullable String reason) {
        phase = Phase.DONE;
        cancelDeadline();
        stopProbing();
        record(new DeployEvent.Failed(elapsed(), String.valueOf(reason)));
    }

    private void cancelDeadline() {
        if (deadline != null) {
            deadline.cancel();
        }
    }

    /** Called when the pool is replaced or removed, too. */
    synchronized void stopProbing() {
        loops.forEach(ProbeLoop::stop);
    }

    private void record(DeployEvent event) {
        timeline.add(event);
        engine.events().deployment(deployment.service(), event);
    }

    private DeployResult result() {
        return new DeployResult(deployment.service(), startedAt, timeline);
    }

    private Duration elapsed() {
        return Duration.ofNanos(engine.time().nanoTime() - startNanos);
    }
}
