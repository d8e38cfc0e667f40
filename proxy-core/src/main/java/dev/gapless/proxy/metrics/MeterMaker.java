package dev.gapless.proxy.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/** Registers the meters: every name and label is here. */
final class MeterMaker {
    private final MeterRegistry registry;
    private final String prefix;
    private final Duration[] buckets;

    MeterMaker(MeterRegistry registry, String prefix, List<Duration> buckets) {
        this.registry = registry;
        this.prefix = prefix;
        this.buckets = buckets.toArray(Duration[]::new);
    }

    MeterRegistry registry() {
        return registry;
    }

    Counter requests(String service, String method, String status) {
        return Counter.builder(prefix + ".http.requests")
                .description("Requests that have ended")
                .tags("service", service, "method", method, "status", status)
                .register(registry);
    }

    Timer durations(String service, String method, String status) {
        return Timer.builder(prefix + ".http.request.duration")
                .description("Time from the head of a request to its end")
                .tags("service", service, "method", method, "status", status)
                .serviceLevelObjectives(buckets)
                .register(registry);
    }

    Counter retries(String service) {
        return counter(".http.retries", "Times that a request was sent again", "service", service);
    }

    Timer holds(String service) {
        return Timer.builder(prefix + ".http.held.duration")
                .description("Time that requests were held while their service was paused")
                .tag("service", service)
                .register(registry);
    }

    Counter deployments(String service, String result) {
        return counter(
                ".deployments", "Deployments that were swapped in or failed", "service", service, "result", result);
    }

    Counter healthChanges(String service, String health) {
        return counter(
                ".target.health.changes", "Times that a target left or returned", "service", service, "health", health);
    }

    Gauge requestsInFlight(String service, Supplier<Number> value) {
        return gauge(".http.in.flight.requests", value, "Requests in flight or held", "service", service);
    }

    Gauge requestsHeld(String service, Supplier<Number> value) {
        return gauge(
                ".http.held.requests", value, "Requests that wait until their service is resumed", "service", service);
    }

    Gauge targets(String service, String health, Supplier<Number> value) {
        return gauge(".targets", value, "Targets, of a rollout too", "service", service, "health", health);
    }

    private Counter counter(String name, String description, String... labels) {
        return Counter.builder(prefix + name)
                .description(description)
                .tags(labels)
                .register(registry);
    }

    private Gauge gauge(String name, Supplier<Number> value, String description, String... labels) {
        return Gauge.builder(prefix + name, value)
                .description(description)
                .tags(labels)
                .register(registry);
    }
}
