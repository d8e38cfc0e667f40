package dev.gapless.proxy;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

final class ReportOptionsTest {
    @Test
    void byDefaultNothingMoreIsTold() {
        assertThat(ReportOptions.defaults().logRequestHeaders()).isEmpty();
        assertThat(ReportOptions.defaults().logResponseHeaders()).isEmpty();
        assertThat(ReportOptions.defaults().excludedMetricsPaths()).isEmpty();
    }

    @Test
    void whatIsGivenInSeveralCallsAddsUp() {
        ReportOptions options = ReportOptions.builder()
                .logRequestHeaders("X-A", "X-B")
                .logRequestHeaders("X-A", "X-C")
                .logResponseHeaders("X-D")
                .excludedMetricsPaths("/up")
                .excludedMetricsPaths("/api/a%20b")
                .build();

        assertThat(options.logRequestHeaders()).containsExactly("X-A", "X-B", "X-C");
        assertThat(options.logResponseHeaders()).containsExactly("X-D");
        assertThat(options.excludedMetricsPaths()).containsExactly("/up", "/api/a%20b");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "up", "/up?x=1", "/up#x", "/a b", "/\u00fc"})
    void aPathThatNoClientSendsIsRefused(String path) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ReportOptions.builder().excludedMetricsPaths("/up", path))
                .withMessageContaining("\"" + path + "\"");
    }

    @Test
    void theSummaryOfARequestKeepsItsHeadersInOrderAndToItself() {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("req_z", "1");
        headers.put("req_a", "2");
        RequestSummary summary = new RequestSummary(
                "id",
                null,
                null,
                "GET",
                "http",
                "h",
                "/",
                null,
                "HTTP/1.1",
                "::1",
                1,
                200,
                0,
                0,
                Duration.ZERO,
                null,
                0,
                null,
                null,
                null,
                headers,
                true,
                null);

        headers.clear();

        assertThat(summary.loggedHeaders()).containsExactly(Map.entry("req_z", "1"), Map.entry("req_a", "2"));
        assertThat(summary.excludedFromMetrics()).isTrue();
    }
}
