package dev.gapless.proxy.engine;

import dev.gapless.proxy.CachePurge;
import dev.gapless.proxy.CertificateEvent;
import dev.gapless.proxy.DeployResult;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.DescribedRequest;
import dev.gapless.proxy.DrainResult;
import dev.gapless.proxy.Explanation;
import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.RequestHead;
import dev.gapless.proxy.RequestRetry;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.RolloutMissingException;
import dev.gapless.proxy.RolloutSplit;
import dev.gapless.proxy.RouteConflictException;
import dev.gapless.proxy.ServiceChange;
import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.ServiceNotFoundException;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.Services;
import dev.gapless.proxy.Slot;
import dev.gapless.proxy.StrictTransportSecurity;
import dev.gapless.proxy.TargetAddress;
import dev.gapless.proxy.WaitInterruptedException;
import dev.gapless.proxy.spi.Scheduler;
import dev.gapless.proxy.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Every decision of the proxy and all that it remembers. Thread-safe.
 *
 * <p>Requests read one snapshot, the routing table, and claim a lease on a target; they take no lock. Deployments and
 * removals change the snapshot under the engine's lock, one after the other for each service; whether a service is paused or
 * stopped is its {@link Gate}'s to say, as requests wait there.
 */
public final class ProxyEngine implements Services {
    /** How often {@link #checkExpiry} wants to be called. */
    public static final Duration EXPIRY_PRECISION = Duration.ofMillis(50);

    private static final String STOPPED = "the proxy has been stopped";
    private static final Duration LONGEST = Duration.ofDays(36_500);
    /** {@link String#compareTo} would put characters beyond the first 65,536 before some within them. */
    private static final Comparator<String> BY_CODE_POINT =
            (a, b) -> Arrays.compare(a.codePoints().toArray(), b.codePoints().toArray());

    private final EngineSetup setup;
    private final EventDispatcher events;
    private final Audience audience;
    private final Router router;
    private final Explainer explainer;
    private final PoolFactory poolFactory;
    private final Drains drains;
    private final StateKeeper state;
    private final ExpiryWatch expiryWatch = new ExpiryWatch();

    private final Object lock = new Object();
    private final DeploymentQueues queues = new DeploymentQueues();
    /** The deployment that made each pool in the table, which probes it. Guarded by the lock. */
    private final Map<Pool, DeploymentRun> makers = new HashMap<>();
    /** The services that may have requests waiting, by name. */
    private final Set<String> paused = ConcurrentHashMap.newKeySet();

    private boolean stopped;
    private volatile RoutingTable table = RoutingTable.EMPTY;

    /**
     * Makes an engine without services.
     *
     * @param setup what it needs of the world
     */
    public ProxyEngine(EngineSetup setup) {
        this(setup, () -> ThreadLocalRandom.current().nextDouble());
    }

    /**
     * Makes an engine without services.
     *
     * @param setup what it needs of the world
     * @param chance says when in a drain's first half each request is told of it: from 0, at once, to less than 1
     */
    public ProxyEngine(EngineSetup setup, DoubleSupplier chance) {
        this.setup = setup;
        this.events = new EventDispatcher(setup.listeners(), this::execute);
        setup.tls().reportTo(events::certificate);
        this.audience = new Audience(setup.time(), setup.rolloutKeys());
        this.router = new Router(audience);
        this.explainer = new Explainer(audience);
        this.poolFactory = new PoolFactory(
                expiryWatch, setup.targetSelectors(), setup.time().now().toEpochMilli());
        this.drains = new Drains(setup.time(), setup.scheduler(), this::execute, setup.lifecycle(), chance);
        this.state = new StateKeeper(setup.stateStore(), this::execute, this::saved, events::stateNotSaved);
    }

    /**
     * Restores what an earlier process has saved; called once, before there are requests. The restored services serve at once,
     * without waiting for probes. One that cannot be restored stays listed and saved, and does not keep the others from it.
     */
    public void restore() {
        for (SavedService saved : state.load()) {
            try {
                restore(saved);
            } catch (RouteConflictException | IllegalArgumentException e) {
                state.couldNotRestore(saved, e.getMessage());
            }
        }
    }

    private void restore(SavedService saved) {
        audience.warnOf(saved.name(), saved.options());
        TlsEdge.Prepared tls = setup.tls().restore(saved.name(), saved.options());
        DeploymentRun active = restoring(saved.activeDeployment(), saved.options());
        DeploymentRun beside =
                saved.rollout() == null ? null : restoring(saved.rolloutDeployment(saved.rollout()), saved.options());
        Service service = saved.service(active.pool(), newBudget(saved.options()), tls);
        Service restored = service;
        synchronized (lock) {
            if (table.service(saved.name()) != null) {
                return; // It has been deployed already.
            }
            table.checkConflicts(service);
            route(table.with(service));
            adopt(active, service.gate());
            if (beside != null) {
                restored = service.with(new Rollout(beside.pool(), saved.split()));
                table = table.with(restored);
                adopt(beside, service.gate());
            }
            if (service.gate().state() == Gate.State.PAUSED) {
                paused.add(saved.name());
            }
            changed(restored, ServiceChange.RESTORED);
        }
        active.restored();
        if (beside != null) {
            beside.restored();
        }
    }

    /** A deployment whose targets count as healthy; what connections to them need must be there again. */
    private DeploymentRun restoring(Deployment deployment, ServiceOptions options) {
        DeploymentRun run = new DeploymentRun(this, deployment, options);
        run.prepare();
        run.pool().setHealthy();
        return run;
    }

    /** The pool of a deployment is in the table. */
    private void adopt(DeploymentRun run, Gate gate) {
        makers.put(run.pool(), run);
        drains.opened(run.pool(), gate);
    }

    /** Has requests, and handshakes with clients, follow other services from now on. Under the lock. */
    private void route(RoutingTable changed) {
        table = changed;
        setup.tls().serve(changed.tlsServices());
    }

    private List<SavedService> saved() {
        return table.services().stream().map(SavedService::of).toList();
    }

    /** Saves what is deployed now. Completes when that is done or has failed; what has changed stays changed. */
    CompletableFuture<@Nullable Void> save() {
        return state.save();
    }

    /**
     * Decides on a request.
     *
     * @param head the request
     * @param attempts what has been tried for it before
     * @return a decision; a {@link Decision.Forward} comes with a lease that the caller must release
     */
    public Decision decide(RequestHead head, Attempts attempts) {
        return decide(head, attempts, false);
    }

    /**
     * Decides on a request with which nothing has been done so far.
     *
     * @param head the request
     * @param attempts what has been tried for it
     * @return as {@link #decide}; but {@link Decision.Admit} in place of {@link Decision.Forward} if the service {@linkplain
     *     dev.gapless.proxy.ServiceOptions#answersItself() may answer it without a target}
     */
    public Decision decideAtFirst(RequestHead head, Attempts attempts) {
        return decide(head, attempts, true);
    }

    private Decision decide(RequestHead head, Attempts attempts, boolean atFirst) {
        RequestPath path = RequestPath.ofRequest(head);
        String host = RequestHost.canonical(head.host());
        while (true) {
            RoutingTable current = table;
            Decision decision = router.decide(current, head, host, path, attempts, atFirst);
            // A pool that gives no lease may have been replaced since the table was read; then the new one will.
            if (current == table || !isForWantOfATarget(decision)) {
                return decision;
            }
        }
    }

    /**
     * Decides on a request whose body is still to come, as far as that goes without a target: none is to wait for a slow client.
     *
     * @param head the request
     * @return a decision, among them {@link Decision.Admit} but not {@link Decision.Forward}
     */
    public Decision admit(RequestHead head) {
        return router.admit(table, head, RequestHost.canonical(head.host()), RequestPath.ofRequest(head));
    }

    /**
     * Claims a target of a service for a question of the proxy's own, whether or not the service's requests pass.
     *
     * @param name the service's name
     * @param head what is to be asked
     * @return a lease that the caller must release; empty if there is no such service, or no healthy target of it
     */
    public Optional<Lease> claim(String name, RequestHead head) {
        while (true) {
            RoutingTable current = table;
            Service service = current.service(name);
            Lease lease = service == null ? null : service.pool().claim(head, true, new Attempts());
            if (lease != null || current == table) {
                return Optional.ofNullable(lease);
            }
        }
    }

    /**
     * {@return what browsers are to be told of coming to the request's host over TLS only, if anything}
     *
     * @param head a request that came over TLS
     */
    public Optional<StrictTransportSecurity> strictTransportSecurity(RequestHead head) {
        RoutingTable current = table;
        if (!current.hasStrictTransportSecurity() || Router.isHandedOff(head)) {
            return Optional.empty();
        }
        Service root = current.root(RequestHost.canonical(head.host()));
        return root == null ? Optional.empty() : root.options().tlsOptions().strictTransportSecurity();
    }

    /**
     * {@return where the static files of a service are, the first that has one counts} Those of earlier deployments are the last.
     *
     * @param service the service
     */
    public List<StaticDirectory> staticDirectories(Service service) {
        return service.files().at(setup.time().nanoTime());
    }

    private static boolean isForWantOfATarget(Decision decision) {
        return decision instanceof Decision.Respond respond && respond.reason() == Decision.Reason.NO_HEALTHY_TARGET;
    }

    @Override
    public int purge(CachePurge what) {
        return setup.cache().purge(what);
    }

    @Override
    public Explanation explain(DescribedRequest request) {
        RequestPath path = RequestPath.ofRequest(request);
        return explainer.explain(table, request, RequestHost.canonical(request.host()), path);
    }

    /**
     * Decides whether a request that failed before a response may be sent again, as often as the service's
     * {@linkplain dev.gapless.proxy.RetryOptions options} allow, and spends from its budget if so; a refused connection is free
     * of the budget, so that it costs no request while another target accepts.
     *
     * @param service the service as it was sent for
     * @param attempts what has been tried for it
     * @return whether to {@linkplain #decide decide} on it again
     */
    public boolean mayRetry(Service service, Attempts attempts) {
        return attempts.mayGoOn(service)
                && (attempts.wereRefusedLast() || service.retryBudget().trySpend());
    }

    /**
     * Notes how a request to a target went, for {@linkplain dev.gapless.proxy.PassiveEjection passive ejection}.
     *
     * @param lease the request's claim on the target
     * @param failed whether it did not reach the target or was answered with 5xx
     */
    public void attemptEnded(Lease lease, boolean failed) {
        TargetGroup group = lease.target().group();
        if (group == null || group.ejection().isEmpty()) {
            return;
        }
        if (!failed) {
            lease.target().succeeded();
        } else if (group.failed(lease.target())) {
            Duration time = group.ejection().get().duration();
            setup.scheduler().schedule(() -> group.readmit(lease.target()), time);
        }
    }

    /** Tells the requests whose target has taken too long, or which have waited too long; called regularly. */
    public void checkExpiry() {
        long now = setup.time().nanoTime();
        expiryWatch.check(now);
        for (String name : paused) {
            Service service = table.service(name);
            if (service != null) {
                service.gate().checkExpiry(now, service);
            }
        }
    }

    /**
     * Tells the listeners that code of the host's has failed in the middle of a request.
     *
     * @param code what has failed, for people
     * @param failure how
     */
    public void hostCodeFailed(String code, Throwable failure) {
        events.hostCodeFailed(code, failure);
    }

    /** {@return whether anyone listens to requests} */
    public boolean hasListeners() {
        return events.hasListeners();
    }

    /**
     * Tells the listeners, on this thread, that a request is sent again.
     *
     * @param retry the request, and why
     */
    public void retried(RequestRetry retry) {
        events.retry(retry);
    }

    /**
     * Tells the listeners, on the executor, what has become of an automatic certificate.
     *
     * @param service the service whose hosts it is for
     * @param event what has happened
     */
    public void certificateChanged(String service, CertificateEvent event) {
        events.certificate(service, event);
    }

    /**
     * Tells the listeners, on this thread, of a request that has ended.
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
        audience.check(deployment.options());
        DeploymentRun run = new DeploymentRun(this, deployment);
        boolean first;
        boolean refused;
        synchronized (lock) {
            refused = stopped;
            first = queues.add(run);
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
            next = queues.remove(ended);
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
        checkDrainTimeout(drainTimeout);
        Service removed;
        List<DeploymentRun> overtaken;
        synchronized (lock) {
            removed = table.service(name);
            overtaken = queues.of(name);
            if (!state.forget(name) && removed == null && overtaken.isEmpty()) {
                return CompletableFuture.failedFuture(new ServiceNotFoundException(name));
            }
            if (removed != null) {
                route(table.without(removed));
                paused.remove(name);
            }
            // Still under the lock, and so before any of them can swap.
            overtaken.forEach(DeploymentRun::overtake);
        }
        cancel(overtaken, DeploymentRun.REMOVED);
        if (removed == null) {
            return save().thenRun(() -> {});
        }
        Gate.Closing closing = removed.gate().remove();
        closing.tellRefused();
        closing.opened().complete(null);
        CompletableFuture<@Nullable Void> saved = save();
        CachePurge all = CachePurge.ofService(name);
        purge(all);
        return drainAll(removed.pools(), drainTimeout)
                .thenRun(() -> purge(all)) // What the last requests have left.
                .thenRun(() -> events.removed(name))
                .thenCompose(removal -> saved.thenRun(() -> {}));
    }

    private CompletableFuture<Void> drainAll(List<Pool> pools, Duration timeout) {
        return CompletableFuture.allOf(
                pools.stream().map(pool -> drain(pool, timeout)).toArray(CompletableFuture<?>[]::new));
    }

    private static void checkDrainTimeout(Duration timeout) {
        if (timeout.isNegative() || timeout.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    "drain timeout " + timeout + " must not be negative, and shorter than 100 years");
        }
    }

    static void checkMaxPause(Duration longest) {
        if (longest.isNegative() || longest.isZero() || longest.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    "max pause " + longest + " must be longer than zero, and shorter than 100 years");
        }
    }

    @Override
    public DrainResult pause(String service, Duration drainTimeout, Duration maxPause) {
        return await(pauseAsync(service, drainTimeout, maxPause), "the pause of \"" + service + "\"");
    }

    @Override
    public CompletableFuture<DrainResult> pauseAsync(String name, Duration drainTimeout, Duration maxPause) {
        checkDrainTimeout(drainTimeout);
        checkMaxPause(maxPause);
        Service service;
        CompletableFuture<@Nullable Void> opened;
        synchronized (lock) {
            service = table.service(name);
            if (service == null) {
                return CompletableFuture.failedFuture(new ServiceNotFoundException(name));
            }
            paused.add(name);
            opened = service.gate().pause(maxPause);
            changed(service, ServiceChange.PAUSED);
        }
        return quietAndSaved(service, drainTimeout, opened);
    }

    private CompletableFuture<DrainResult> quietAndSaved(
            Service closed, Duration drainTimeout, CompletableFuture<?> opened) {
        return drains.quiet(closed.gate(), drainTimeout, opened).thenCombine(save(), (drained, saved) -> drained);
    }

    @Override
    public DrainResult stop(String service, Duration drainTimeout, String message) {
        return await(stopAsync(service, drainTimeout, message), "the stop of \"" + service + "\"");
    }

    @Override
    public CompletableFuture<DrainResult> stopAsync(String name, Duration drainTimeout, String message) {
        checkDrainTimeout(drainTimeout);
        Service service;
        Gate.Closing closing;
        synchronized (lock) {
            service = table.service(name);
            if (service == null) {
                return CompletableFuture.failedFuture(new ServiceNotFoundException(name));
            }
            paused.remove(name);
            closing = service.gate().stop(service, message);
            changed(service, ServiceChange.STOPPED);
        }
        closing.tellRefused();
        return quietAndSaved(service, drainTimeout, closing.opened());
    }

    @Override
    public void resume(String name) {
        Service service;
        CompletableFuture<@Nullable Void> opened;
        synchronized (lock) {
            service = existing(name);
            paused.remove(name);
            opened = service.gate().open();
            if (opened != null) {
                changed(service, ServiceChange.RESUMED);
            }
        }
        if (opened != null) {
            opened.complete(null);
            service.gate().releaseNext();
            awaitSaved(name);
        }
    }

    @Override
    public void splitRollout(String name, RolloutSplit split) {
        synchronized (lock) {
            Service service = existing(name);
            setSplit(service, rolloutOf(service), split, ServiceChange.ROLLOUT_SPLIT);
        }
        awaitSaved(name);
    }

    @Override
    public void stopRollout(String name) {
        synchronized (lock) {
            Service service = existing(name);
            if (service.rollout() == null) {
                return;
            }
            setSplit(service, service.rollout(), null, ServiceChange.ROLLOUT_STOPPED);
        }
        awaitSaved(name);
    }

    private void setSplit(Service service, Rollout rollout, @Nullable RolloutSplit split, ServiceChange what) {
        Service next = service.with(new Rollout(rollout.pool(), split));
        table = table.with(next);
        changed(next, what);
    }

    private void awaitSaved(String name) {
        await(save(), "the state of \"" + name + "\" to be saved");
    }

    @Override
    public DeployResult promoteRollout(String service, Duration drainTimeout) {
        return await(promoteRolloutAsync(service, drainTimeout), "the promotion of \"" + service + "\"");
    }

    @Override
    public CompletableFuture<DeployResult> promoteRolloutAsync(String name, Duration drainTimeout) {
        checkDrainTimeout(drainTimeout);
        Instant startedAt = setup.time().now();
        Service replaced;
        Service promoted;
        try {
            synchronized (lock) {
                replaced = existing(name);
                promoted = replaced.promoted(rolloutOf(replaced));
                table = table.with(promoted);
                changed(promoted, ServiceChange.PROMOTED);
            }
        } catch (ServiceNotFoundException | RolloutMissingException e) {
            return CompletableFuture.failedFuture(e);
        }
        CompletableFuture<@Nullable Void> saved = save();
        return new Promotion(setup.time(), startedAt, promoted)
                .after(drain(replaced.pool(), drainTimeout), replaced.pool())
                .thenCombine(saved, (result, save) -> result);
    }

    private Service existing(String name) {
        Service service = table.service(name);
        if (service == null) {
            throw new ServiceNotFoundException(name);
        }
        return service;
    }

    private static Rollout rolloutOf(Service service) {
        if (service.rollout() == null) {
            throw new RolloutMissingException(service.name());
        }
        return service.rollout();
    }

    /** Under the lock, so that listeners hear of changes in their order. */
    private void changed(Service service, ServiceChange change) {
        events.changed(service.info(), change);
    }

    @Override
    public List<ServiceInfo> list() {
        return Stream.concat(table.services().stream().map(Service::info), state.unrestored().stream())
                .sorted(Comparator.comparing(ServiceInfo::name, BY_CODE_POINT))
                .toList();
    }

    /** Fails the deployments under way, answers what is held, and ends all probing. Requests in flight go on. */
    public void stop() {
        List<DeploymentRun> runs = new ArrayList<>();
        synchronized (lock) {
            stopped = true;
            runs.addAll(queues.all());
            runs.addAll(makers.values());
        }
        cancel(runs, STOPPED);
        runs.forEach(DeploymentRun::stopProbing);
        table.services().forEach(service -> service.gate().holdNoMore(service).tellRefused());
    }

    /**
     * Tells the requests in flight that have {@linkplain Lease#onDrain asked for it} that the proxy ends, each at a random
     * moment of the first half of the grace time, and those that come yet in what is left of it. Cuts nothing: who ends the
     * proxy does. Called once, after {@link #stop}.
     *
     * @param grace not negative; they are told at once, on this thread, if it is zero
     */
    public void announceEnd(Duration grace) {
        drains.announceEnd(grace);
    }

    /** The last first, as the end of a deployment begins the next. */
    private static void cancel(List<DeploymentRun> runs, String reason) {
        for (int i = runs.size() - 1; i >= 0; i--) {
            runs.get(i).cancel(reason);
        }
    }

    /** What a swap did. */
    record Swap(Service service, @Nullable Pool replaced) {}

    /**
     * Sends new requests to the targets of the deployment; throws if another service has taken one of its routes. Returns
     * null, and changes nothing, if the service was removed meanwhile.
     */
    @Nullable
    Swap swap(DeploymentRun run) {
        synchronized (lock) {
            Service current = table.service(run.service());
            if (run.isOvertaken() || (run.isRollout() && current == null)) {
                return null;
            }
            Service service = newService(run, current);
            table.checkConflicts(service);
            route(table.with(service));
            service.gate().setLimits(service.options().holdLimits());
            service.retryBudget().setOptions(service.options().retries());
            state.forget(service.name());
            adopt(run, service.gate());
            if (run.isRollout()) {
                changed(service, ServiceChange.ROLLOUT_DEPLOYED);
            }
            return new Swap(service, current == null ? null : replacedPool(run, current));
        }
    }

    private static @Nullable Pool replacedPool(DeploymentRun run, Service current) {
        if (!run.isRollout()) {
            return current.pool();
        }
        return current.rollout() == null ? null : current.rollout().pool();
    }

    /** Throws if the deployment cannot be: another service has one of its routes, or its service is not there. */
    void check(DeploymentRun run) {
        RoutingTable current = table;
        if (run.isRollout()) {
            existing(run.service());
        } else {
            current.checkConflicts(newService(run, current.service(run.service())));
        }
    }

    private Service newService(DeploymentRun run, @Nullable Service current) {
        if (current == null) {
            RetryBudget budget = newBudget(run.options());
            Gate gate = new Gate();
            return new Service(run.service(), run.options(), run.pool(), null, 1, gate, budget, run.tls(), run.files());
        }
        if (run.isRollout()) {
            RolloutSplit split =
                    current.rollout() == null ? null : current.rollout().split();
            return current.with(new Rollout(run.pool(), split));
        }
        return new Service(
                run.service(),
                run.options(),
                run.pool(),
                current.rollout(),
                current.generation() + 1,
                current.gate(),
                current.retryBudget(),
                run.tls(),
                run.files().after(current.files(), setup.time().nanoTime()));
    }

    private RetryBudget newBudget(ServiceOptions options) {
        return new RetryBudget(setup.time(), options.retries());
    }

    /** The options that a deployment has: its own, or, for a rollout, those of its service. */
    ServiceOptions optionsOf(Deployment deployment) {
        Service service = table.service(deployment.service());
        return deployment.slot() == Slot.ROLLOUT && service != null ? service.options() : deployment.options();
    }

    /** Throws an {@link IllegalArgumentException} if the options have what the targets, or this proxy, do not know. */
    Pool newPool(Deployment deployment, ServiceOptions options) {
        Pool pool = poolFactory.newPool(deployment, options.balancing());
        options.healthCheck().port().ifPresent(port -> checkHavePorts(pool, port));
        return pool;
    }

    private static void checkHavePorts(Pool pool, int port) {
        for (Target target : pool.targets()) {
            if (!(target.address() instanceof TargetAddress.Tcp)) {
                throw new IllegalArgumentException("health check port " + port + " is not for target \"" + target
                        + "\", which has no ports; without one it is asked where its requests go");
            }
        }
    }

    TlsEdge.Prepared prepareTls(String service, ServiceOptions options) {
        return setup.tls().prepare(service, options);
    }

    void prepare(Pool pool, ServiceOptions options) {
        setup.lifecycle().prepare(pool.targets(), options.targetTls());
    }

    /** Drains a pool that is no longer in the table, without any more probes. */
    CompletableFuture<Void> drain(Pool pool, Duration timeout) {
        DeploymentRun maker;
        synchronized (lock) {
            maker = makers.remove(pool);
        }
        if (maker != null) {
            maker.stopProbing();
        }
        return drains.drain(pool, timeout);
    }

    CompletableFuture<?> resolve(TargetAddress target) {
        try {
            return setup.resolver().resolve(target).toCompletableFuture();
        } catch (RuntimeException | Error e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    ProbeLoop newProbeLoop(Target target, HealthCheck check, ProbeLoop.Observer observer) {
        return new ProbeLoop(target, check, setup.probe(), setup.scheduler(), setup.time(), observer);
    }

    void execute(Runnable task) {
        try {
            setup.executor().execute(task);
        } catch (RejectedExecutionException e) {
            task.run(); // The host's executor has been shut down; whoever waits must still hear.
        }
    }

    TimeSource time() {
        return setup.time();
    }

    Scheduler scheduler() {
        return setup.scheduler();
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
