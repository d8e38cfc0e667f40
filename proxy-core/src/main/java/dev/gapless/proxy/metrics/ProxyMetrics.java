package dev.gapless.proxy.metrics;

import dev.gapless.proxy.DeployEvent;
import dev.gapless.proxy.ProbeOutcome;
import dev.gapless.proxy.ProxyListener;
import dev.gapless.proxy.ReportOptions;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.ServiceChange;
import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.Services;
import dev.gapless.proxy.TargetAddress;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Feeds a Micrometer registry with what a proxy does. Prometheus shows it under the names that Kamal Proxy has:
 *
 * <pre>{@code
 * ProxyMetrics metrics = ProxyMetrics.builder(registry).build();
 * ProxyServer proxy = ProxyServer.builder().listener(metrics).build();
 * metrics.bindTo(proxy.services());
 * proxy.start();
 * }</pre>
 *
 * <table>
 * <caption>The names for Prometheus, with the default prefix</caption>
 * <tr><th>name<th>labels<th>what it is
 * <tr><td>{@code kamal_proxy_http_requests_total}<td>service, method, status<td>requests that have ended
 * <tr><td>{@code kamal_proxy_http_request_duration_seconds}<td>service, method, status<td>a histogram of their durations
 * <tr><td>{@code kamal_proxy_http_in_flight_requests}<td>service<td>requests that its targets, of the active deployment and
 *     the rollout, have not finished, or that are held; not those that drain on replaced targets
 * <tr><td>{@code kamal_proxy_http_held_requests}<td>service<td>requests that wait until the service is resumed
 * <tr><td>{@code kamal_proxy_http_held_duration_seconds}<td>service<td>how long requests that were held waited
 * <tr><td>{@code kamal_proxy_http_retries_total}<td>service<td>times that a request was sent again
 * <tr><td>{@code kamal_proxy_targets}<td>service, health<td>targets that are {@code healthy} or {@code unhealthy}
 * <tr><td>{@code kamal_proxy_target_health_changes_total}<td>service, health<td>times that a target of several became so
 * <tr><td>{@code kamal_proxy_deployments_total}<td>service, result<td>deployments, of rollouts too, that {@code succeeded} or
 *     {@code failed}
 * </table>
 *
 * <p>The service is empty for requests that no service was found for, and for a failed deployment of a service that is not
 * there. The method is {@code OTHER} unless it is one of RFC 9110 or {@code PATCH}. The status is the number. A request of a
 * path that its service {@linkplain ReportOptions#excludedMetricsPaths() excludes} counts in the gauges only.
 *
 * <p>The meters of a service appear with its first deployment and go when it has been removed. Gauges ask {@link
 * Services#list()} when they are read, at most ten times a second, and cost requests nothing.
 *
 * <p>Thread-safe. One is for one proxy; several proxies that share a registry need different prefixes.
 */
public final class ProxyMetrics implements ProxyListener, AutoCloseable {
    private static final String NO_SERVICE = "";
    private static final String OTHER_METHOD = "OTHER";
    private static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE");

    private final MeterMaker maker;
    private final ConcurrentMap<String, ServiceMeters> byService = new ConcurrentHashMap<>();
    private volatile @Nullable ListedServices services;
    private volatile boolean closed;

    private ProxyMetrics(Builder builder) {
        maker = new MeterMaker(builder.registry, builder.prefix, builder.durationBuckets);
    }

    /**
     * {@return a builder with the defaults}
     *
     * @param registry gets the meters
     */
    @SuppressWarnings(
            "exports") // Requiring it transitively would make every module that uses the proxy need Micrometer.
    public static Builder builder(MeterRegistry registry) {
        return new Builder(registry);
    }

    /**
     * Shows gauges of these services, from now on and until they are removed. Without this there are only counters and timers.
     *
     * @param services those of the proxy that this listens to
     * @return these metrics
     * @throws IllegalStateException if this was called before
     */
    public synchronized ProxyMetrics bindTo(Services services) {
        if (this.services != null) {
            throw new IllegalStateException("these metrics are bound to services already: each proxy needs its own");
        }
        this.services = new ListedServices(services, maker.registry().config().clock());
        names(services).forEach(this::appear);
        Set<String> stillThere = names(services);
        byService.keySet().stream()
                .filter(name -> !stillThere.contains(name))
                .toList()
                .forEach(this::settle);
        return this;
    }

    private static Set<String> names(Services services) {
        return services.list().stream().map(ServiceInfo::name).collect(Collectors.toSet());
    }

    @Override
    public void onRequest(RequestSummary request) {
        if (request.excludedFromMetrics()) {
            return;
        }
        ServiceMeters meters = metersOf(request.service() == null ? NO_SERVICE : request.service());
        if (meters == null) {
            return;
        }
        String method = METHODS.contains(request.method()) ? request.method() : OTHER_METHOD;
        meters.requestEnded(method, request.status(), request.duration().toNanos());
        if (request.retries() > 0) {
            meters.sentAgain(request.retries());
        }
        if (request.held() != null) {
            meters.held(request.held().toNanos());
        }
    }

    /** Returns null if the service has been removed: this is the last that is heard of it. */
    private @Nullable ServiceMeters metersOf(String service) {
        ServiceMeters known = byService.get(service);
        return known != null ? known : settle(service);
    }

    /**
     * Makes the meters of a service be there if it is, and be gone if it is not. It is looked for within the change of the map,
     * so that whoever hears of its removal comes after a request that has found it, and takes its meters away.
     */
    private @Nullable ServiceMeters settle(String service) {
        return byService.compute(service, (name, meters) -> isThere(name) ? present(name, meters) : removed(meters));
    }

    /** As {@link #settle}, for a service of whose removal there is still to be heard: it need not be looked for. */
    private void appear(String service) {
        byService.compute(service, (name, meters) -> closed ? removed(meters) : present(name, meters));
    }

    private boolean isThere(String service) {
        ListedServices listed = services;
        return !closed && (listed == null || service.equals(NO_SERVICE) || listed.has(service));
    }

    private ServiceMeters present(String service, @Nullable ServiceMeters known) {
        ServiceMeters meters = known != null ? known : new ServiceMeters(service, maker);
        ListedServices listed = services;
        if (listed != null && !service.equals(NO_SERVICE)) {
            meters.showGauges(listed);
        }
        return meters;
    }

    private static @Nullable ServiceMeters removed(@Nullable ServiceMeters meters) {
        if (meters != null) {
            meters.remove();
        }
        return null;
    }

    @Override
    public void onDeployment(String service, DeployEvent event) {
        if (event instanceof DeployEvent.Swapped || event instanceof DeployEvent.RolloutReady) {
            ServiceMeters meters = settle(service);
            if (meters != null) {
                meters.deploymentSucceeded();
            }
        } else if (event instanceof DeployEvent.Failed) {
            ServiceMeters known = byService.get(service);
            ServiceMeters meters = known != null ? known : metersOf(NO_SERVICE);
            if (meters != null) {
                meters.deploymentFailed();
            }
        }
    }

    @Override
    public void onTargetHealth(String service, TargetAddress target, ProbeOutcome outcome) {
        ServiceMeters meters = byService.get(service);
        if (meters == null) {
            return;
        }
        if (outcome instanceof ProbeOutcome.Healthy) {
            meters.targetReturned();
        } else {
            meters.targetLeft();
        }
    }

    @Override
    public void onChange(ServiceInfo service, ServiceChange change) {
        if (!byService.containsKey(service.name())) {
            appear(service.name());
        }
    }

    @Override
    public void onRemoved(String service) {
        if (services == null) {
            byService.computeIfPresent(service, (name, meters) -> removed(meters));
        } else {
            settle(service);
        }
    }

    /** Takes every meter out of the registry and counts no more; for hosts whose registry outlives the proxy. */
    @Override
    public void close() {
        closed = true;
        List.copyOf(byService.keySet()).forEach(this::settle);
    }

    /** Builds {@link ProxyMetrics}. Not thread-safe; may be used again after {@link #build()}. */
    public static final class Builder {
        private final MeterRegistry registry;
        private String prefix = "kamal_proxy";
        /** Those of Prometheus's clients, which Kamal Proxy has. */
        private List<Duration> durationBuckets = Stream.of(5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000)
                .map(Duration::ofMillis)
                .toList();

        private Builder(MeterRegistry registry) {
            this.registry = registry;
        }

        /**
         * Sets what the names of the meters begin with. A meter is called {@code kamal_proxy.http.requests}, which Prometheus
         * shows as {@code kamal_proxy_http_requests_total}, others as is their custom.
         *
         * @param prefix {@code kamal_proxy} by default; letters, digits, underscores and dots, with a letter first
         * @return this builder
         * @throws IllegalArgumentException if it is something else
         */
        public Builder prefix(String prefix) {
            if (!prefix.matches("[A-Za-z]([A-Za-z0-9_.]*[A-Za-z0-9_])?")) {
                throw new IllegalArgumentException("prefix \"" + prefix
                        + "\" must be letters, digits, \"_\" and \".\", begin with a letter and not end with a dot");
            }
            this.prefix = prefix;
            return this;
        }

        /**
         * Sets the upper bounds of the buckets that durations are counted in. Each is a time series for every service, method
         * and status.
         *
         * @param bounds 5, 10, 25, 50, 100, 250, 500 ms, 1, 2.5, 5, 10 s by default, as in Kamal Proxy; none for no histogram
         * @return this builder
         * @throws IllegalArgumentException if one is not longer than zero
         */
        public Builder durationBuckets(Duration... bounds) {
            for (Duration bound : bounds) {
                if (bound.isNegative() || bound.isZero()) {
                    throw new IllegalArgumentException("bucket " + bound + " must be longer than zero");
                }
            }
            this.durationBuckets = List.of(bounds);
            return this;
        }

        /** {@return metrics with these settings} */
        public ProxyMetrics build() {
            return new ProxyMetrics(this);
        }
    }
}
