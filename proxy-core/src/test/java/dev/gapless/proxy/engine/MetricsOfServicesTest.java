package dev.gapless.proxy.engine;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.metrics.EndedRequest;
import dev.gapless.proxy.metrics.ProxyMetrics;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

import static dev.gapless.proxy.engine.EngineFixture.done;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What the meters show of the services of an engine, as they come and go. */
class MetricsOfServicesTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final MockClock clock = new MockClock();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry(SimpleConfig.DEFAULT, clock);
    private final ProxyMetrics metrics = ProxyMetrics.builder(registry).build();
    private final QueueingExecutor executor = QueueingExecutor.direct();
    private final EngineFixture proxy = new EngineFixture(executor, metrics);

    private void bind() {
        metrics.bindTo(proxy.engine);
    }

    private double gauge(String name, String... labels) {
        clock.add(SECOND);
        return registry.get("kamal_proxy." + name).tags(labels).gauge().value();
    }

    private double inFlight(String service) {
        return gauge("http.in.flight.requests", "service", service);
    }

    private double targets(String service, String health) {
        return gauge("targets", "service", service, "health", health);
    }

    private void hold(String uri) {
        Decision.Wait decision = (Decision.Wait) proxy.decide(uri);
        new Hold(proxy.time.nanoTime(), 0, new IndifferentWaiter()).waitAt(decision.service());
    }

    private List<String> services() {
        return registry.getMeters().stream()
                .map(Meter::getId)
                .map(id -> String.valueOf(id.getTag("service")))
                .distinct()
                .sorted()
                .toList();
    }

    private void ended(String service) {
        metrics.onRequest(EndedRequest.of(service, "GET", "/", 200));
    }

    @Test
    void requestsInFlightAreThoseThatTargetsHaveAndThoseThatAreHeld() {
        bind();
        proxy.deploy("web", "blue", "green");
        Lease first = proxy.request("http://a/");
        proxy.request("http://a/");
        assertThat(inFlight("web")).isEqualTo(2);
        proxy.engine.pauseAsync("web", SECOND, SECOND);
        hold("http://a/");
        assertThat(inFlight("web")).isEqualTo(3);
        assertThat(gauge("http.held.requests", "service", "web")).isEqualTo(1);
        first.release();
        assertThat(inFlight("web")).isEqualTo(2);
    }

    @Test
    void targetsAreShownByHealthWithThoseOfTheRollout() {
        bind();
        proxy.deploy("web", "blue", "green");
        proxy.deploy(Deployment.builder("web").target("red").asRollout().build());
        assertThat(targets("web", "healthy")).isEqualTo(3);
        proxy.probe.isUnhealthy("blue:80", "status 500");
        proxy.time.advance(SECOND);
        assertThat(targets("web", "healthy")).isEqualTo(2);
        assertThat(targets("web", "unhealthy")).isEqualTo(1);
    }

    @Test
    void theGaugesOfAScrapeShareOneLookAtTheServices() {
        bind();
        proxy.deploy("web", "blue");
        assertThat(inFlight("web")).isZero();
        proxy.request("http://a/");
        double soonAfter =
                registry.get("kamal_proxy.http.in.flight.requests").gauge().value();
        assertThat(soonAfter).isZero();
        assertThat(inFlight("web")).isEqualTo(1);
    }

    @Test
    void servicesFromBeforeTheBindingAreShown() {
        proxy.deploy("web", "blue");
        proxy.request("http://a/");
        assertThat(registry.find("kamal_proxy.http.in.flight.requests").gauge()).isNull();
        bind();
        assertThat(inFlight("web")).isEqualTo(1);
    }

    @Test
    void aServiceThatHasGoneBeforeTheBindingIsNotShown() {
        proxy.deploy("web", "blue");
        done(proxy.engine.removeAsync("web", SECOND));
        ended("web");
        assertThat(services()).containsExactly("web");
        bind();
        assertThat(services()).isEmpty();
    }

    @Test
    void theMetersOfAServiceStayUntilItsRemovalHasDrained() {
        bind();
        proxy.deploy("web", "blue");
        Lease last = proxy.request("http://a/");
        CompletableFuture<Void> removal = proxy.engine.removeAsync("web", SECOND);
        ended("web");
        assertThat(registry.get("kamal_proxy.http.requests").counter().count()).isEqualTo(1);
        last.release();
        done(removal);
        assertThat(services()).isEmpty();
    }

    @Test
    void aRequestThatIsHeardOfAfterTheRemovalBringsNothingBack() {
        bind();
        proxy.deploy("web", "blue");
        done(proxy.engine.removeAsync("web", SECOND));
        ended("web");
        ended("unheard-of");
        assertThat(services()).isEmpty();
    }

    @Test
    void aServiceThatIsDeployedWhileItsRemovalDrainsKeepsItsMeters() {
        bind();
        proxy.deploy("web", "blue");
        Lease last = proxy.request("http://a/");
        CompletableFuture<Void> removal = proxy.engine.removeAsync("web", SECOND);
        proxy.deploy("web", "green");
        last.release();
        done(removal);
        assertThat(targets("web", "healthy")).isEqualTo(1);
        ended("web");
        assertThat(registry.get("kamal_proxy.http.requests").counter().count()).isEqualTo(1);
    }

    @Test
    void manyServicesThatComeAndGoLeaveNothing() {
        bind();
        proxy.deploy("web", "blue");
        int before = registry.getMeters().size();
        for (int i = 0; i < 200; i++) {
            String service = "branch-" + i;
            proxy.serve(service, ServiceOptions.builder().host(service));
            ended(service);
            done(proxy.engine.removeAsync(service, SECOND));
            ended(service);
        }
        assertThat(registry.getMeters()).hasSize(before);
        assertThat(services()).containsExactly("web");
    }

    @Test
    void theMetersOfOneProxyAreBoundOnce() {
        bind();
        assertThatThrownBy(this::bind).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void closedMetricsTakeTheirGaugesAway() {
        bind();
        proxy.deploy("web", "blue");
        metrics.close();
        proxy.deploy("web", "green");
        ended("web");
        assertThat(registry.getMeters()).isEmpty();
    }

    /** Does not care what becomes of its request. */
    private static final class IndifferentWaiter implements Hold.Waiter {
        @Override
        public void goOn() {}

        @Override
        public void refused(Decision.Respond answer) {}
    }
}
