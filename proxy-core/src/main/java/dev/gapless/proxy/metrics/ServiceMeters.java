package dev.gapless.proxy.metrics;

import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.ServiceInfo.TargetInfo;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The meters of one service, from its appearance to its removal. */
final class ServiceMeters {
    private static final String HEALTHY = "healthy";
    private static final String UNHEALTHY = "unhealthy";

    private final String service;
    private final MeterMaker maker;
    private final ConcurrentMap<Kind, RequestMeters> byKind = new ConcurrentHashMap<>();
    private final Counter retries;
    private final Timer holds;
    private final Counter deploymentsSucceeded;
    private final Counter deploymentsFailed;
    private final Counter returns;
    private final Counter departures;
    /** What is registered; this and what follows are guarded by this object's lock. */
    private final List<Meter> registered = new ArrayList<>();

    private boolean showsGauges;
    private boolean removed;

    private record Kind(String method, int status) {}

    private record RequestMeters(Counter count, Timer durations) {}

    ServiceMeters(String service, MeterMaker maker) {
        this.service = service;
        this.maker = maker;
        retries = maker.retries(service);
        holds = maker.holds(service);
        deploymentsSucceeded = maker.deployments(service, "succeeded");
        deploymentsFailed = maker.deployments(service, "failed");
        returns = maker.healthChanges(service, HEALTHY);
        departures = maker.healthChanges(service, UNHEALTHY);
        registered.addAll(List.of(retries, holds, deploymentsSucceeded, deploymentsFailed, returns, departures));
    }

    void requestEnded(String method, int status, long nanos) {
        Kind kind = new Kind(method, status);
        RequestMeters known = byKind.get(kind);
        RequestMeters meters = known != null ? known : byKind.computeIfAbsent(kind, this::register);
        if (meters != null) {
            meters.count().increment();
            meters.durations().record(nanos, TimeUnit.NANOSECONDS);
        }
    }

    private synchronized @Nullable RequestMeters register(Kind kind) {
        if (removed) {
            return null;
        }
        String status = String.valueOf(kind.status());
        RequestMeters meters = new RequestMeters(
                maker.requests(service, kind.method(), status), maker.durations(service, kind.method(), status));
        registered.add(meters.count());
        registered.add(meters.durations());
        return meters;
    }

    void sentAgain(int times) {
        retries.increment(times);
    }

    void held(long nanos) {
        holds.record(nanos, TimeUnit.NANOSECONDS);
    }

    void deploymentSucceeded() {
        deploymentsSucceeded.increment();
    }

    void deploymentFailed() {
        deploymentsFailed.increment();
    }

    void targetReturned() {
        returns.increment();
    }

    void targetLeft() {
        departures.increment();
    }

    /** Shows what the list of services says of this one; does nothing the second time. */
    synchronized void showGauges(ListedServices services) {
        if (showsGauges || removed) {
            return;
        }
        showsGauges = true;
        registered.add(maker.requestsInFlight(service, () -> read(services, ServiceMeters::requestsInFlight)));
        registered.add(maker.requestsHeld(service, () -> read(services, ServiceInfo::requestsHeld)));
        registered.add(maker.targets(service, HEALTHY, () -> read(services, info -> targets(info, true))));
        registered.add(maker.targets(service, UNHEALTHY, () -> read(services, info -> targets(info, false))));
    }

    private int read(ListedServices services, ToIntFunction<ServiceInfo> value) {
        ServiceInfo info = services.find(service);
        return info == null ? 0 : value.applyAsInt(info);
    }

    /** As Kamal Proxy does, this counts what is held. */
    private static int requestsInFlight(ServiceInfo service) {
        return service.requestsHeld()
                + targets(service).mapToInt(TargetInfo::requestsInFlight).sum();
    }

    private static int targets(ServiceInfo service, boolean healthy) {
        return (int)
                targets(service).filter(target -> target.healthy() == healthy).count();
    }

    private static Stream<TargetInfo> targets(ServiceInfo service) {
        return Stream.concat(
                service.targets().stream(), service.rollout().stream().flatMap(rollout -> rollout.targets().stream()));
    }

    /** Takes the meters out of the registry; a request that ends later is not counted. */
    synchronized void remove() {
        removed = true;
        registered.forEach(maker.registry()::remove);
        registered.clear();
        byKind.clear();
    }
}
