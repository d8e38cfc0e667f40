package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.examples.TestTarget;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** What Prometheus gets of the daemon. */
@Tag("proof")
class MetricsPortTest {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @TempDir
    Path directory;

    /** Has the daemon's port before the daemon does, as it does not listen, so that no other server gets it. */
    private final Socket reserved = new Socket();

    private Path socket;
    private int port;

    @BeforeEach
    void choosePlaces() throws IOException {
        socket = directory.resolve("gapless.sock");
        reserved.setReuseAddress(true);
        reserved.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        port = reserved.getLocalPort();
    }

    @AfterEach
    void giveThePortBack() throws IOException {
        reserved.close();
    }

    private HttpResponse<String> ask(String method, String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .method(method, BodyPublishers.noBody())
                .build();
        return HTTP.send(request, BodyHandlers.ofString());
    }

    /** Scrapes until a text is as it should be: what is counted is told about when the client has its answer, bit by bit. */
    private String awaitScrape(Predicate<String> wanted) throws Exception {
        long start = System.nanoTime();
        String text = ask("GET", "/metrics").body();
        while (!wanted.test(text) && System.nanoTime() - start < PATIENCE.toNanos()) {
            text = ask("GET", "/metrics").body();
        }
        return text;
    }

    @Test
    void requestsAreCountedUnderTheNamesOfKamalProxy() throws Exception {
        try (TestTarget target = new TestTarget("v1");
                DaemonFixture daemon = DaemonFixture.start(socket, "--metrics-port", String.valueOf(port))) {
            daemon.succeeds("deploy", "web", "--target", target.address(), "--exclude-metrics-path", "/quiet");
            daemon.get("/");
            daemon.get("/quiet");
            daemon.get("/other");

            List<String> counted = List.of(
                    "kamal_proxy_http_requests_total{method=\"GET\",service=\"web\",status=\"200\"} 2.0",
                    "kamal_proxy_http_request_duration_seconds_count{method=\"GET\",service=\"web\",status=\"200\"} 2",
                    "kamal_proxy_http_in_flight_requests{service=\"web\"} 0.0",
                    "kamal_proxy_targets{health=\"healthy\",service=\"web\"} 1.0",
                    "kamal_proxy_deployments_total{result=\"succeeded\",service=\"web\"} 1.0");
            assertThat(awaitScrape(text -> text.lines().toList().containsAll(counted))
                            .lines())
                    .containsAll(counted);
        }
    }

    @Test
    void aRequestForARemovedServiceCountsAsOneWithoutAService() throws Exception {
        try (TestTarget target = new TestTarget("v1");
                DaemonFixture daemon = DaemonFixture.start(socket, "--metrics-port", String.valueOf(port))) {
            daemon.succeeds("deploy", "web", "--target", target.address());
            daemon.get("/");
            daemon.succeeds("remove", "web");
            assertThat(daemon.get("/").statusCode()).isEqualTo(404);

            String counted = "kamal_proxy_http_requests_total{method=\"GET\",service=\"\",status=\"404\"} 1.0";
            assertThat(awaitScrape(text -> text.contains(counted) && !text.contains("service=\"web\"")))
                    .contains(counted)
                    .doesNotContain("service=\"web\"");
        }
    }

    @Test
    void onlyMetricsAreServed() throws Exception {
        Map<String, String> environment =
                Map.of("HTTP_PORT", "0", "BIND", "127.0.0.1", "METRICS_PORT", String.valueOf(port));
        try (DaemonFixture daemon = DaemonFixture.start(socket, environment)) {
            assertThat(daemon.port()).isPositive();
            assertThat(ask("GET", "/metrics").headers().firstValue("content-type"))
                    .contains("text/plain; version=0.0.4; charset=utf-8");
            assertThat(ask("GET", "/metrics?debug").statusCode()).isEqualTo(200);
            assertThat(ask("HEAD", "/metrics").statusCode()).isEqualTo(200);
            assertThat(ask("POST", "/metrics").statusCode()).isEqualTo(405);
            assertThat(ask("GET", "/").statusCode()).isEqualTo(404);
            assertThat(ask("GET", "/metrics/x").statusCode()).isEqualTo(404);
            assertThat(daemon.get("/metrics").statusCode()).isEqualTo(404);
            daemon.process.terminate();
            assertThat(daemon.process.awaitExit()).isZero();
        }
    }

    @Test
    void aPortInUseIsAnErrorThatSaysSoAndLeavesNothingBehind() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            String inUse = String.valueOf(taken.getLocalPort());
            DaemonFixture.Outcome outcome =
                    DaemonFixture.command(socket, Map.of(), "run", "--http-port=0", "--metrics-port", inUse);
            assertThat(outcome.status()).isEqualTo(1);
            assertThat(outcome.errors()).startsWith("Error: metrics").contains(inUse, "in use");
            assertThat(outcome.errors().lines()).hasSize(1);
        }
        assertThat(socket).doesNotExist();
    }
}
