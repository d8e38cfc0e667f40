package dev.gapless.proxy.jetty;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.gapless.proxy.DeployFailedException;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.ServiceOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What a probe asks a target for and how it takes the answer. */
class HealthProbeTest extends ProxyScaffold {
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private HttpServer target;

    @BeforeEach
    void startProxyAndTarget() throws Exception {
        proxy = start(loopback());
        target = newTarget();
    }

    @AfterEach
    void stopTarget() {
        target.stop(0);
    }

    private static HttpServer newTarget() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.start();
        return server;
    }

    private static String address(HttpServer server) {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    private void answer(String path, int status, String location) {
        target.createContext(path, exchange -> {
            note(exchange);
            if (location != null) {
                exchange.getResponseHeaders().set("Location", location);
            }
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
    }

    private void note(HttpExchange exchange) {
        asked.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " of "
                + exchange.getRequestHeaders().getFirst("Host"));
    }

    private void deploy(HealthCheck check) {
        deploy(check, address(target));
    }

    private void deploy(HealthCheck check, String address) {
        proxy.services()
                .deploy(Deployment.builder("app")
                        .target(address)
                        .options(ServiceOptions.builder().healthCheck(check).build())
                        .deployTimeout(Duration.ofSeconds(1))
                        .build());
    }

    private static HealthCheck check(String path) {
        return HealthCheck.builder().path(path).build();
    }

    @Test
    void upIsAskedForByDefaultWithTheTargetsOwnAddressAsHost() {
        answer("/up", 200, null);

        deploy(HealthCheck.defaults());

        assertThat(asked).containsExactly("GET /up of " + address(target));
    }

    @Test
    void pathQueryAndHostCanBeChosen() {
        answer("/health", 204, null);

        deploy(HealthCheck.builder()
                .path("/health?deep=1&x=%2F")
                .host("app.example")
                .build());

        assertThat(asked).containsExactly("GET /health?deep=1&x=%2F of app.example");
    }

    @Test
    void anotherPortCanBeAsked() throws Exception {
        HttpServer other = newTarget();
        try {
            other.createContext("/up", exchange -> {
                note(exchange);
                exchange.sendResponseHeaders(200, -1);
                exchange.close();
            });

            deploy(HealthCheck.builder().port(other.getAddress().getPort()).build());

            assertThat(asked).containsExactly("GET /up of " + address(other));
        } finally {
            other.stop(0);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 204, 299})
    void any2xxIsHealthy(int status) {
        answer("/up", status, null);

        deploy(HealthCheck.defaults());

        assertThat(proxy.services().list()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {300, 304, 404, 500, 503})
    void anyOtherStatusIsNotAndIsNamed(int status) {
        answer("/up", status, null);

        assertThatThrownBy(() -> deploy(HealthCheck.defaults()))
                .isInstanceOf(DeployFailedException.class)
                .hasMessageContaining(address(target))
                .hasMessageContaining("status " + status);
    }

    @Test
    void aRedirectIsFollowedWithinTheTarget() {
        answer("/up", 302, "/really?x=1");
        answer("/really", 307, "http://" + address(target) + "/at-last");
        answer("/at-last", 200, null);

        deploy(HealthCheck.defaults());

        String host = " of " + address(target);
        assertThat(asked).containsExactly("GET /up" + host, "GET /really?x=1" + host, "GET /at-last" + host);
    }

    @Test
    void aRelativeRedirectIsFollowedFromWhereItWasGiven() {
        answer("/a/b", 302, "c/d");
        answer("/a/c/d", 302, "e");
        answer("/a/c/e", 200, null);

        deploy(check("/a/b"));

        assertThat(asked).last().isEqualTo("GET /a/c/e of " + address(target));
    }

    @Test
    void aRedirectToAnotherAddressIsNotFollowed() throws Exception {
        HttpServer other = newTarget();
        try {
            other.createContext("/up", exchange -> {
                asked.add("other");
                exchange.sendResponseHeaders(200, -1);
                exchange.close();
            });
            answer("/up", 302, "http://" + address(other) + "/up");

            assertThatThrownBy(() -> deploy(HealthCheck.defaults())).hasMessageContaining("status 302");

            assertThat(asked).doesNotContain("other");
        } finally {
            other.stop(0);
        }
    }

    @Test
    void redirectsWithoutEndAreUnhealthy() {
        answer("/up", 302, "/up");

        assertThatThrownBy(() -> deploy(HealthCheck.defaults())).hasMessageContaining("status 302");
    }

    @Test
    void aTargetThatDoesNotAnswerIsUnhealthyAfterTheTimeout() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> proxy.services()
                            .deploy(Deployment.builder("app")
                                    .target("127.0.0.1:" + silent.getLocalPort())
                                    .options(ServiceOptions.builder()
                                            .healthCheck(HealthCheck.builder()
                                                    .timeout(Duration.ofMillis(100))
                                                    .interval(Duration.ofMillis(50))
                                                    .build())
                                            .build())
                                    .deployTimeout(Duration.ofMillis(400))
                                    .build()))
                    .isInstanceOf(DeployFailedException.class)
                    .hasMessageContaining("no answer in time");
        }
    }

    @Test
    void aTargetThatRefusesTheConnectionIsUnhealthyForThatReason() {
        String address = closing(new ReservedPort()).address();

        assertThatThrownBy(() -> deploy(HealthCheck.defaults(), address))
                .isInstanceOf(DeployFailedException.class)
                .hasMessageContaining(address)
                .hasMessageContaining("refused");
    }

    /** A Set-Cookie, a login or an encoded body does not disturb: nothing of the answer but its status counts. */
    @Test
    void theBodyOfTheAnswerIsNotWaitedFor() {
        target.createContext("/up", exchange -> {
            exchange.getResponseHeaders().set("Content-Encoding", "gzip");
            exchange.sendResponseHeaders(200, 1_000_000);
            exchange.getResponseBody().write(1);
            exchange.getResponseBody().flush();
        });

        deploy(HealthCheck.defaults());

        assertThat(proxy.services().list()).hasSize(1);
    }

    /** Neither the JVM's proxy settings nor those of the environment apply. */
    @Test
    void proxySettingsDoNotApply() {
        answer("/up", 200, null);
        String before = System.getProperty("http.proxyHost");
        System.setProperty("http.proxyHost", "192.0.2.1");
        try {
            deploy(HealthCheck.defaults());
        } finally {
            if (before == null) {
                System.clearProperty("http.proxyHost");
            } else {
                System.setProperty("http.proxyHost", before);
            }
        }

        assertThat(asked).hasSize(1);
    }
}
