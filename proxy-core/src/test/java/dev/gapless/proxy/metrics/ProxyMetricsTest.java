package dev.gapless.proxy.metrics;

import dev.gapless.proxy.DeployEvent;
import dev.gapless.proxy.ProbeOutcome;
import dev.gapless.proxy.TargetAddress;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What is counted, and what Prometheus reads of it. */
class ProxyMetricsTest {
    private static final TargetAddress TARGET = TargetAddress.parse("blue:80");
    private static final DeployEvent SWAPPED = new DeployEvent.Swapped(Duration.ZERO, 1);
    private static final DeployEvent FAILED = new DeployEvent.Failed(Duration.ZERO, "not healthy");

    private final PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final ProxyMetrics metrics = ProxyMetrics.builder(prometheus).build();

    private List<String> scrape(String family) {
        return prometheus
                .scrape()
                .lines()
                .filter(line -> line.startsWith(family))
                .toList();
    }

    private void request(String service, String method, int status) {
        metrics.onRequest(EndedRequest.of(service, method, "/", status));
    }

    @Test
    void requestsAreCountedByServiceMethodAndStatus() {
        request("web", "GET", 200);
        request("web", "GET", 200);
        request("web", "POST", 502);
        request("api", "GET", 200);
        assertThat(scrape("kamal_proxy_http_requests_total"))
                .containsExactlyInAnyOrder(
                        "kamal_proxy_http_requests_total{method=\"GET\",service=\"web\",status=\"200\"} 2.0",
                        "kamal_proxy_http_requests_total{method=\"POST\",service=\"web\",status=\"502\"} 1.0",
                        "kamal_proxy_http_requests_total{method=\"GET\",service=\"api\",status=\"200\"} 1.0");
    }

    @Test
    void durationsAreAHistogramWithTheBucketsOfKamalProxy() {
        metrics.onRequest(EndedRequest.of("web", "GET", "/", 200, Duration.ofMillis(30), 0));
        metrics.onRequest(EndedRequest.of("web", "GET", "/", 200, Duration.ofSeconds(20), 0));
        String name = "kamal_proxy_http_request_duration_seconds";
        String labels = "{method=\"GET\",service=\"web\",status=\"200\"";
        assertThat(scrape(name))
                .containsExactlyInAnyOrder(
                        name + "_bucket" + labels + ",le=\"0.005\"} 0",
                        name + "_bucket" + labels + ",le=\"0.01\"} 0",
                        name + "_bucket" + labels + ",le=\"0.025\"} 0",
                        name + "_bucket" + labels + ",le=\"0.05\"} 1",
                        name + "_bucket" + labels + ",le=\"0.1\"} 1",
                        name + "_bucket" + labels + ",le=\"0.25\"} 1",
                        name + "_bucket" + labels + ",le=\"0.5\"} 1",
                        name + "_bucket" + labels + ",le=\"1.0\"} 1",
                        name + "_bucket" + labels + ",le=\"2.5\"} 1",
                        name + "_bucket" + labels + ",le=\"5.0\"} 1",
                        name + "_bucket" + labels + ",le=\"10.0\"} 1",
                        name + "_bucket" + labels + ",le=\"+Inf\"} 2",
                        name + "_count" + labels + "} 2",
                        name + "_sum" + labels + "} 20.03",
                        name + "_max" + labels + "} 20.0");
    }

    @Test
    void aRequestThatNoServiceWasFoundForHasAnEmptyOne() {
        metrics.onRequest(EndedRequest.of(null, "GET", "/", 404));
        assertThat(scrape("kamal_proxy_http_requests_total"))
                .containsExactly("kamal_proxy_http_requests_total{method=\"GET\",service=\"\",status=\"404\"} 1.0");
    }

    @Test
    void requestsOfExcludedPathsAreNotCounted() {
        metrics.onRequest(EndedRequest.of("web", "GET", EndedRequest.EXCLUDED, 200));
        assertThat(prometheus.getMeters()).isEmpty();
    }

    @Test
    void repetitionsAreCountedByService() {
        metrics.onRequest(EndedRequest.of("web", "GET", "/", 200, Duration.ofMillis(1), 2));
        metrics.onRequest(EndedRequest.of("web", "GET", "/", 502, Duration.ofMillis(1), 1));
        assertThat(scrape("kamal_proxy_http_retries_total"))
                .containsExactly("kamal_proxy_http_retries_total{service=\"web\"} 3.0");
    }

    @Test
    void theTimeThatRequestsWereHeldIsMeasured() {
        metrics.onRequest(EndedRequest.held("web", Duration.ofSeconds(2)));
        metrics.onRequest(EndedRequest.held("web", Duration.ofSeconds(3)));
        metrics.onRequest(EndedRequest.of("web", "GET", "/", 200));
        assertThat(scrape("kamal_proxy_http_held_duration_seconds_sum"))
                .containsExactly("kamal_proxy_http_held_duration_seconds_sum{service=\"web\"} 5.0");
        assertThat(scrape("kamal_proxy_http_held_duration_seconds_count"))
                .containsExactly("kamal_proxy_http_held_duration_seconds_count{service=\"web\"} 2");
    }

    @Test
    void deploymentsAreCountedByTheirResult() {
        metrics.onDeployment("web", new DeployEvent.Started(Duration.ZERO, List.of(TARGET)));
        metrics.onDeployment("web", SWAPPED);
        metrics.onDeployment("web", new DeployEvent.Drained(Duration.ZERO, Duration.ZERO));
        metrics.onDeployment("web", new DeployEvent.RolloutReady(Duration.ZERO));
        metrics.onDeployment("web", FAILED);
        assertThat(scrape("kamal_proxy_deployments_total"))
                .containsExactlyInAnyOrder(
                        "kamal_proxy_deployments_total{result=\"succeeded\",service=\"web\"} 2.0",
                        "kamal_proxy_deployments_total{result=\"failed\",service=\"web\"} 1.0");
    }

    @Test
    void failedDeploymentsOfServicesThatAreNotThereCountTogether() {
        metrics.onDeployment("branch-1", FAILED);
        metrics.onDeployment("branch-2", FAILED);
        assertThat(scrape("kamal_proxy_deployments_total"))
                .contains("kamal_proxy_deployments_total{result=\"failed\",service=\"\"} 2.0")
                .noneMatch(line -> line.contains("branch"));
    }

    @Test
    void targetsThatLeaveAndReturnAreCounted() {
        metrics.onDeployment("web", SWAPPED);
        metrics.onTargetHealth("web", TARGET, new ProbeOutcome.Unhealthy("status 500"));
        metrics.onTargetHealth("web", TARGET, new ProbeOutcome.Unhealthy("status 500"));
        metrics.onTargetHealth("web", TARGET, new ProbeOutcome.Healthy(200));
        assertThat(scrape("kamal_proxy_target_health_changes_total"))
                .containsExactlyInAnyOrder(
                        "kamal_proxy_target_health_changes_total{health=\"unhealthy\",service=\"web\"} 2.0",
                        "kamal_proxy_target_health_changes_total{health=\"healthy\",service=\"web\"} 1.0");
    }

    @Test
    void whatClientsSendMakesNoMeters() {
        request("web", "GET", 200);
        request("web", "OTHER", 200);
        int before = prometheus.getMeters().size();
        for (int i = 0; i < 10_000; i++) {
            metrics.onRequest(EndedRequest.of("web", "X" + i, "/" + i, 200));
            metrics.onRequest(EndedRequest.of("web", "GET", "/" + i, 200));
        }
        request("web", "get", 200);
        request("web", "", 200);
        assertThat(prometheus.getMeters()).hasSize(before);
        assertThat(scrape("kamal_proxy_http_requests_total"))
                .containsExactlyInAnyOrder(
                        "kamal_proxy_http_requests_total{method=\"GET\",service=\"web\",status=\"200\"} 10001.0",
                        "kamal_proxy_http_requests_total{method=\"OTHER\",service=\"web\",status=\"200\"} 10003.0");
    }

    @Test
    void theMetersOfARemovedServiceGoAndOthersStay() {
        request("web", "GET", 200);
        request("api", "GET", 200);
        metrics.onRemoved("web");
        assertThat(prometheus.scrape()).doesNotContain("service=\"web\"").contains("service=\"api\"");
    }

    @Test
    void aServiceThatComesAgainCountsFromZero() {
        request("web", "GET", 200);
        metrics.onRemoved("web");
        request("web", "GET", 200);
        assertThat(scrape("kamal_proxy_http_requests_total"))
                .containsExactly("kamal_proxy_http_requests_total{method=\"GET\",service=\"web\",status=\"200\"} 1.0");
    }

    @Test
    void closedMetricsLeaveNothingInTheRegistry() {
        request("web", "GET", 200);
        metrics.onRequest(EndedRequest.of(null, "GET", "/", 404));
        metrics.close();
        request("web", "GET", 200);
        metrics.onDeployment("web", FAILED);
        assertThat(prometheus.getMeters()).isEmpty();
    }

    @Test
    void theHostMayChooseThePrefixAndTheBuckets() {
        ProxyMetrics.builder(prometheus)
                .prefix("shop.edge")
                .durationBuckets(Duration.ofSeconds(1))
                .build()
                .onRequest(EndedRequest.of("web", "GET", "/", 200));
        assertThat(prometheus.scrape())
                .contains("shop_edge_http_requests_total{")
                .doesNotContain("kamal");
        assertThat(scrape("shop_edge_http_request_duration_seconds_bucket")).hasSize(2);
    }

    @Test
    void withoutBucketsThereIsNoHistogram() {
        MeterRegistry registry = new SimpleMeterRegistry();
        ProxyMetrics.builder(registry).durationBuckets().build().onRequest(EndedRequest.of("web", "GET", "/", 200));
        assertThat(registry.get("kamal_proxy.http.request.duration")
                        .timer()
                        .takeSnapshot()
                        .histogramCounts())
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1a", "a-b", "a.", "ä"})
    void aPrefixThatCannotBeANameIsRefused(String prefix) {
        assertThatThrownBy(() -> ProxyMetrics.builder(prometheus).prefix(prefix))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"" + prefix + "\"");
    }

    @Test
    void aBucketThatNothingFallsIntoIsRefused() {
        assertThatThrownBy(() -> ProxyMetrics.builder(prometheus).durationBuckets(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("PT0S");
    }
}
