package dev.gapless.proxy.jetty;

import dev.gapless.proxy.DeployEvent;
import dev.gapless.proxy.ProxyListener;
import dev.gapless.proxy.ReportOptions;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TargetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** What listeners and the access log are told of a request. */
class RequestReportTest extends ProxyScaffold {
    private final RequestLog log = new RequestLog();

    private RawTarget serveLogged(String response) throws Exception {
        proxy = start(loopback().listener(log));
        return serve(RawTarget.answering(response));
    }

    @Test
    void aRequestIsReportedAsItWas() throws Exception {
        RawTarget target = serveLogged("HTTP/1.1 201 Created\r\nContent-Length: 7\r\n\r\ncreated");
        RawClient client = client();
        long begun = System.nanoTime();

        client.send(RawClient.head("POST", "/a%2Fb?x=%", "Content-Length: 5", "X-Request-ID: mine") + "hello")
                .read();

        RequestSummary summary = log.next();
        assertThat(summary.requestId()).isEqualTo("mine");
        assertThat(summary.service()).isEqualTo("app");
        assertThat(summary.target()).isEqualTo(TargetAddress.parse(target.address()));
        assertThat(summary.method()).isEqualTo("POST");
        assertThat(summary.scheme()).isEqualTo("http");
        assertThat(summary.host()).isEqualTo("example.com");
        assertThat(summary.path()).isEqualTo("/a%2Fb");
        assertThat(summary.query()).isEqualTo("x=%");
        assertThat(summary.protocol()).isEqualTo("HTTP/1.1");
        assertThat(summary.remoteAddress()).isEqualTo("127.0.0.1");
        assertThat(summary.remotePort()).isEqualTo(client.localPort());
        assertThat(summary.status()).isEqualTo(201);
        assertThat(summary.requestBytes()).isEqualTo(5);
        assertThat(summary.responseBytes()).isEqualTo(7);
        assertThat(summary.duration()).isPositive().isLessThanOrEqualTo(Duration.ofNanos(System.nanoTime() - begun));
        assertThat(summary.timeToResponse()).isPositive().isLessThanOrEqualTo(summary.duration());
        assertThat(summary.retries()).isZero();
        assertThat(summary.failure()).isNull();
        assertThat(log.isEmpty()).isTrue();
    }

    @Test
    void aRequestOverHttp2IsReportedAsItWas() throws Exception {
        serveLogged(RawTarget.OK);

        http2().begin("POST", "/x", false).data(new byte[70_000], true).response();

        RequestSummary summary = log.next();
        assertThat(summary.protocol()).isEqualTo("HTTP/2.0");
        assertThat(summary.host()).isEqualTo("example.com");
        assertThat(summary.query()).isNull();
        assertThat(summary.requestBytes()).isEqualTo(70_000);
        assertThat(summary.responseBytes()).isEqualTo(2);
    }

    private void serveWith(ReportOptions reporting, String response) throws Exception {
        proxy = start(loopback().listener(log));
        serve(
                RawTarget.answering(response),
                ServiceOptions.builder().reporting(reporting).build());
    }

    @Test
    void headersThatTheServiceAsksForAreReported() throws Exception {
        serveWith(
                ReportOptions.builder()
                        .logRequestHeaders("X-Trace", "accept-LANGUAGE", "X-Absent")
                        .logResponseHeaders("X-Cache-Status", "Vary", "X-Absent")
                        .build(),
                "HTTP/1.1 200 OK\r\nx-cache-status: hit\r\nVary: a\r\nVary: b, c\r\nX-Other: 1\r\nContent-Length: 2\r\n\r\nok");

        client().get("/", "x-trace: 1", "X-TRACE: 2", "Accept-Language: de, en;q=0.5", "X-Other: 1");

        assertThat(log.next().loggedHeaders())
                .containsExactly(
                        Map.entry("req_x_trace", "1,2"),
                        Map.entry("req_accept_language", "de, en;q=0.5"),
                        Map.entry("req_x_absent", ""),
                        Map.entry("resp_x_cache_status", "hit"),
                        Map.entry("resp_vary", "a,b, c"),
                        Map.entry("resp_x_absent", ""));
    }

    @Test
    void headersAreReportedOverHttp2AndWithErrorsOfTheProxy() throws Exception {
        ReportOptions reporting = ReportOptions.builder()
                .logRequestHeaders("X-Trace")
                .logResponseHeaders("Content-Type")
                .build();
        serveWith(reporting, "HTTP/1.1 200 OK\r\nContent-Type: text/x\r\nContent-Length: 2\r\n\r\nok");
        http2().get("/", "x-trace", "1");
        assertThat(log.next().loggedHeaders())
                .containsExactly(Map.entry("req_x_trace", "1"), Map.entry("resp_content_type", "text/x"));

        serve(
                RawTarget.answering("nonsense\r\n\r\n"),
                ServiceOptions.builder().reporting(reporting).build());
        client().send(RawClient.head("POST", "/", "Content-Length: 0", "X-Trace: 2", "Accept: text/plain"))
                .read();
        RequestSummary failed = log.next();
        assertThat(failed.status()).isEqualTo(502);
        assertThat(failed.loggedHeaders()).containsEntry("req_x_trace", "2");
        assertThat(failed.loggedHeaders().get("resp_content_type")).startsWith("text/plain");
    }

    @Test
    void aPathThatIsExcludedFromMetricsIsReportedAsSuch() throws Exception {
        serveWith(ReportOptions.builder().excludedMetricsPaths("/up", "/a%20b").build(), RawTarget.OK);
        RawClient client = client();

        for (String path : List.of("/up?x=1", "/a%20b", "/up/", "/upper", "/%75p", "/")) {
            client.get(path);
        }

        assertThat(log.next().excludedFromMetrics()).isTrue();
        assertThat(log.next().excludedFromMetrics()).isTrue();
        for (int i = 0; i < 4; i++) {
            RequestSummary counted = log.next();
            assertThat(counted.excludedFromMetrics()).as(counted.path()).isFalse();
            assertThat(counted.loggedHeaders()).isEmpty();
        }
    }

    @Test
    void aRequestThatNoServiceTakesIsReportedWithoutOne() throws Exception {
        proxy = start(loopback().listener(log));

        RawMessage response = client().get("/nowhere");

        RequestSummary summary = log.next();
        assertThat(summary.service()).isNull();
        assertThat(summary.target()).isNull();
        assertThat(summary.status()).isEqualTo(404);
        assertThat(summary.timeToResponse()).isNull();
        assertThat(response.status()).isEqualTo(404);
    }

    @Test
    void aRepetitionIsCounted() throws Exception {
        AtomicInteger seen = new AtomicInteger();
        proxy = start(loopback().listener(log));
        serve(RawTarget.answering((request, connection) -> {
            if (seen.incrementAndGet() == 2) {
                connection.close();
            } else {
                connection.send(RawTarget.OK);
            }
        }));
        RawClient client = client();
        client.get("/1");
        client.get("/2");

        assertThat(log.next().retries()).isZero();
        assertThat(log.next().retries()).isEqualTo(1);
    }

    @Test
    void aFailureIsReportedWithItsReason() throws Exception {
        serveLogged("this is not HTTP\r\n\r\n");

        assertThat(client().send(RawClient.head("POST", "/", "Content-Length: 0"))
                        .read()
                        .status())
                .isEqualTo(502);

        RequestSummary summary = log.next();
        assertThat(summary.status()).isEqualTo(502);
        assertThat(summary.service()).isEqualTo("app");
        assertThat(summary.failure()).isNotNull();
    }

    /** Item 8 of the notes on Jetty. */
    @Test
    void aClientThatLeavesCancelsItsRequestAndIsReportedWith499() throws Exception {
        proxy = start(loopback().listener(log));
        RawTarget target = serve(RawTarget.answering((request, connection) -> connection.isLeft()));
        RawClient client = client().send(RawClient.head("GET", "/"));
        target.taken();

        client.close();

        assertThat(log.next().status()).isEqualTo(499);
        eventually("the target's connection is closed", () -> target.openConnections() == 0);
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    /** Item 8 of the notes on Jetty. */
    @Test
    void aClientThatResetsItsHttp2StreamCancelsItsRequest() throws Exception {
        proxy = start(loopback().listener(log));
        RawTarget target = serve(RawTarget.answering((request, connection) -> connection.isLeft()));
        Http2Client.Sent sent = http2().begin("GET", "/", true);
        target.taken();

        sent.reset();

        assertThat(log.next().status()).isEqualTo(499);
        eventually("the target's connection is closed", () -> target.openConnections() == 0);
    }

    @Test
    void listenersThatThrowDisturbNothing() throws Exception {
        ProxyListener broken = new ProxyListener() {
            @Override
            public void onRequest(RequestSummary request) {
                throw new IllegalStateException("broken on purpose");
            }

            @Override
            public void onDeployment(String service, DeployEvent event) {
                throw new AssertionError("broken on purpose");
            }
        };
        proxy = start(loopback().listener(broken).listener(log));
        serve(RawTarget.answering(RawTarget.OK));
        RawClient client = client();

        assertThat(client.get("/").text()).isEqualTo("ok");
        assertThat(client.get("/").text()).isEqualTo("ok");
        assertThat(log.next().status()).isEqualTo(200);
    }

    @Test
    void deploymentsAreReportedStepByStep() throws Exception {
        List<String> steps = new CopyOnWriteArrayList<>();
        proxy = start(loopback().listener(new ProxyListener() {
            @Override
            public void onDeployment(String service, DeployEvent event) {
                steps.add(service + " " + event.getClass().getSimpleName());
            }

            @Override
            public void onRemoved(String service) {
                steps.add(service + " removed");
            }
        }));
        serve(RawTarget.answering(RawTarget.OK));
        proxy.services().remove("app");

        eventually("all are told", () -> steps.contains("app removed"));
        assertThat(steps)
                .containsExactly("app Started", "app Probed", "app BecameHealthy", "app Swapped", "app removed");
    }
}
