package dev.gapless.proxy.engine;

import dev.gapless.proxy.DeployResult;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.ProxyListener;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.ServiceNotFoundException;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.Services;
import dev.gapless.proxy.TargetAddress;
import dev.gapless.proxy.WaitInterruptedException;
import dev.gapless.proxy.spi.HealthProbe;
import dev.gapless.proxy.spi.Scheduler;
import dev.gapless.proxy.spi.TargetResolver;
import dev.gapless.proxy.spi.TimeSource;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every decision of the proxy and all that it remembers. Thread-safe.
 *
 * <p>Requests read one snapshot, the routing table, and claim a lease on a target; they take no lock. Deployments and
 * removals change the snapshot under the engine's lock, one after the other for each service.
 */
public final class ProxyEngine implements Services {
    /** How often {@link #checkExpiry} wants to be called. */
    public static final Duration EXPIRY_PRECISION = Duration.ofMillis(50);

    private static final Logger LOG = LoggerFactory.getLogger(ProxyEngine.class);
    private static final String STOPPED = "the proxy has been stopped";
    private static final Duration MAX_DRAIN_TIMEOUT = Duration.ofDays(36_500);

    private final TimeSource time;
    private final Scheduler scheduler;
    private final Executor executor;
    private final HealthProbe probe;
    private final TargetResolver resolver;
    private final TargetLifecycle lifecycle;
    private final EventDispatcher events;

    private final Object lock = new Object();
    /** Deployments by service, the running one first. Guarded by the lock. */
    private final Map<String, Queue<DeploymentRun>> queues = new HashMap<>();
    /** The pools that may have requests in flight: those in the table, and those that drain. */
    private final Set<Pool> pools = ConcurrentHashMap.newKeySet();
    /** The deployment that made each pool in the table, which probes it. Guarded by the lock. */
    private final Map<Pool, DeploymentRun> makers = new HashMap<>();

    private boolean stopped;
    private volatile RoutingTable table = RoutingTable.EMPTY;

    /**
     * Makes an engine without services.
     *
     * @param time the clock
     * @param scheduler for probes and timeouts
     * @param executor for completions and the calls of listeners
     * @param probe asks targets whether they are healthy
     * @param resolver looks targets up
     * @param lifecycle hears when a target's connections can be closed
     * @param listeners hear of requests and deployments
     */
    public ProxyEngine(
            TimeSource time,
            Scheduler scheduler,
            Executor executor,
            HealthProbe probe,
            TargetResolver resolver,
            TargetLifecycle lifecycle,
            List<ProxyListener> listeners) {
        this.time = time;
        this.scheduler = scheduler;
        this.executor = executor;
        this.probe = probe;
        this.resolver = resolver;
        this.lifecycle = lifecycle;
        this.events = new EventDispatcher(listeners, this::execute);
    }

    /**
     * Decides on a request.
     *
     * @param head the request
     * @param attempts what has been tried for it before
     * @return a decision; a {@link Decision.Forward} comes with a lease that the caller must release
     */
    public Decision decide(RequestHead head, Attempts attempts) {
        RequestPath path = RequestPath.of(head.path().equals("*") ? "/" : head.path());
        String host = RequestHost.canonical(head.host());
        while (true) {
            RoutingTable current = table;
            Decision decision = decide(current, head, host, path, attempts);
            // A pool that gives no lease may have been replaced since the table was read; then the new one will.
            if (decision != Decision.Respond.NO_HEALTHY_TARGET || current == table) {
                return decision;
            }
        }
    }

    private static Decision decide(
            RoutingTable table, RequestHead head, String host, RequestPath path, Attempts attempts) {
        Route route = table.match(host, path);
        if (route == null) {
            return Decision.Respond.NOT_FOUND;
        }
        if (path.escapes(route.prefix())) {
            return Decision.Respond.PATH_ESCAPES;
        }
        ServiceOptions edge = route.edge();
        if (head.secure() && !edge.tls()) {
            return Decision.Respond.TLS_NOT_SERVED;
        }
        String location = Redirects.location(edge, head, host);
        if (location != null) {
            return host.isEmpty() ? Decision.Respond.HOST_MISSING : new Decision.Redirect(route.service(), location);
        }
        return forward(route, head, path, attempts);
    }

    private static Decision forward(Route route, RequestHead head, RequestPath path, Attempts attempts) {
        Service service = route.service();
        Lease lease = service.pool().claim(attempts);
        if (lease == null) {
            return Decision.Respond.NO_HEALTHY_TARGET;
        }
        if (attempts.areNone()) {
            service.retryBudget().requestArrived();
        }
        boolean strip = service.options().stripPathPrefix() && !head.path().equals("*");
        return new Decision.Forward(service, lease, strip ? path.after(route.prefix()) : head.path());
    }

    /**
     * Decides whether a request that failed before a response may be sent again, and spends from the service's budget if so;
     * a refused connection is free, so that it costs no request while another target accepts.
     *
     * @param service the service that it was sent for
     * @param attempts what has been tried for it
     * @return whether to {@linkplain #decide decide} on it again
     */
    public boolean mayRetry(Service service, Attempts attempts) {
        return attempts.mayGoOn(service.pool())
                && (attempts.wereRefusedLast() || service.retryBudget().trySpend());
    }

    /** Tells the requests whose target has taken too long; what runs the proxy calls this regularly. */
    public void checkExpiry() {
        long now = time.nanoTime();
        pools.forEach(pool -> pool.checkExpiry(now));
    }

    /** {@return whether anyone listens to requests} */
    public boolean hasListeners() {
        return events.hasListeners();
    }

    /**
     * Tells the listeners of a request that has ended.
     *
     * @param summary the request
     */
    public void requestEnded(RequestSummary summary) {
        events.request(summary);
    }

    @Override
    public DeployResult deploy(Deployment deployment) {
        return await(deployAsync(deployment), "the deployment of \"" + deployment.service() + "\"");
    }

    @Override
    public CompletableFuture<DeployResult> deployAsync(Deployment deployment) {
        DeploymentRun run = new DeploymentRun(this, deployment);
        boolean first;
        boolean refused;
        synchronized (lock) {
            refused = stopped;
            Queue<DeploymentRun> queue = queues.computeIfAbsent(deployment.service(), name -> new ArrayDeque<>());
            queue.add(run);
            first = queue.size() == 1;
        }
        CompletableFuture<DeployResult> report = new CompletableFuture<>();
        run.completion().whenComplete((result, failure) -> {
            startNext(run); // Before the report: whoever hears it may wait for another deployment of the service.
            if (failure == null) {
                report.complete(result);
            } else {
                report.completeExceptionally(failure);
            }
        });
        if (refused) {
            run.cancel(STOPPED);
        } else if (first) {
            run.start();
        }
        return report;
    }

    private void startNext(DeploymentRun ended) {
        DeploymentRun next;
        synchronized (lock) {
            String service = ended.deployment().service();
            Queue<DeploymentRun> queue = queues.getOrDefault(service, new ArrayDeque<>());
            boolean wasRunning = queue.peek() == ended;
            queue.remove(ended);
            if (queue.isEmpty()) {
                queues.remove(service);
            }
            next = wasRunning ? queue.peek() : null;
        }
        if (next != null) {
            next.start();
        }
    }

    @Override
    public void remove(String service, Duration drainTimeout) {
        await(removeAsync(service, drainTimeout), "the removal of \"" + service + "\"");
    }

    @Override
    public CompletableFuture<Void> removeAsync(String name, Duration drainTimeout) {
        if (drainTimeout.isNegative() || drainTimeout.compareTo(MAX_DRAIN_TIMEOUT) > 0) {
            throw new IllegalArgumentException(
                    "drain timeout " + drainTimeout + " must not be negative, and shorter than 100 years");
        }
        Service removed;
        List<DeploymentRun> overtaken;
        synchronized (lock) {
            removed = table.service(name);
            overtaken = new ArrayList<>(queues.getOrDefault(name, new ArrayDeque<>()));
            if (removed == null && overtaken.isEmpty()) {
                return CompletableFuture.failedFuture(new ServiceNotFoundException(name));
            }
            if (removed != null) {
                table = table.without(removed);
            }
            // Still under the lock, and so before any of them can swap.
            overtaken.forEach(DeploymentRun::overtake);
        }
        cancel(overtaken, DeploymentRun.REMOVED);
        if (removed == null) {
            return CompletableFuture.completedFuture(null);
        }
        return drain(removed, drainTimeout).thenRun(() -> events.removed(name));
    }

    @Override
    public List<ServiceInfo> list() {
        return table.services().stream()
                .map(Service::info)
                .sorted(Comparator.comparing(ServiceInfo::name))
                .toList();
    }

    /** Fails the deployments under way and ends all probing. Requests go on. */
    public void stop() {
        List<DeploymentRun> runs = new ArrayList<>();
        synchronized (lock) {
            stopped = true;
            queues.values().forEach(runs::addAll);
            runs.addAll(makers.values());
        }
        cancel(runs, STOPPED);
        runs.forEach(DeploymentRun::stopProbing);
    }

    /** The last first, as the end of a deployment begins the next. */
    private static void cancel(List<DeploymentRun> runs, String reason) {
        for (int i = runs.size() - 1; i >= 0; i--) {
            runs.get(i).cancel(reason);
        }
    }

    /** What a swap did. */
    record Swap(Service service, @Nullable Service replaced) {}

    /**
     * Sends new requests to the targets of the deployment; throws if another service has taken one of its routes. Returns
     * null, and changes nothing, if the service was removed meanwhile.
     */
    @Nullable
    Swap swap(DeploymentRun run) {
        synchronized (lock) {
            if (run.isOvertaken()) {
                return null;
            }
            Service replaced = table.service(run.deployment().service());
            Service service = newService(run, replaced);
            table.checkConflicts(service);
            table = table.with(service);
            makers.put(run.pool(), run);
            pools.add(run.pool());
            return new Swap(service, replaced);
        }
    }

    void checkConflicts(DeploymentRun run) {
        RoutingTable current = table;
        current.checkConflicts(newService(run, current.service(run.deployment().service())));
    }

    private Service newService(DeploymentRun run, @Nullable Service replaced) {
        return new Service(
                run.deployment().service(),
                run.deployment().options(),
                run.pool(),
                replaced == null ? 1 : replaced.generation() + 1,
                replaced == null ? new RetryBudget(time) : replaced.retryBudget());
    }

    /**
     * Waits until nothing is in flight for a service that is no longer in the table, cuts what is left at the timeout, and
     * retires its targets. Completes on the executor.
     */
    CompletableFuture<Void> drain(Service replaced, Duration timeout) {
        Pool pool = replaced.pool();
        DeploymentRun maker;
        synchronized (lock) {
            maker = makers.remove(pool);
        }
        if (maker != null) {
            maker.stopProbing();
        }
        CompletableFuture<@Nullable Void> drained = pool.drain();
        if (!drained.isDone()) {
            Scheduler.Cancellable deadline = scheduler.schedule(pool::cut, timeout);
            drained.thenRun(deadline::cancel);
        }
        return drained.thenRunAsync(() -> retire(pool), this::execute);
    }

    private void retire(Pool pool) {
        pools.remove(pool);
        for (Target target : pool.targets()) {
            try {
                lifecycle.retired(target);
            } catch (RuntimeException | Error e) {
                LOG.warn("Target {} failed to retire", target, e);
            }
        }
    }

    CompletableFuture<?> resolve(TargetAddress target) {
        try {
            return resolver.resolve(target).toCompletableFuture();
        } catch (RuntimeException | Error e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    ProbeLoop newProbeLoop(Target target, HealthCheck check, ProbeLoop.Observer observer) {
        return new ProbeLoop(target, check, probe, scheduler, time, observer);
    }

    void execute(Runnable task) {
        try {
            executor.execute(task);
        } catch (RejectedExecutionException e) {
            task.run(); // The host's executor has been shut down; whoever waits must still hear.
        }
    }

    TimeSource time() {
        return time;
    }

    Scheduler scheduler() {
        return scheduler;
    }

    EventDispatcher events() {
        return events;
    }

    private static <T> T await(CompletableFuture<T> work, String what) {
        try {
            return work.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new WaitInterruptedException(what, e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new CompletionException(e.getCause());
        }
    }
}
