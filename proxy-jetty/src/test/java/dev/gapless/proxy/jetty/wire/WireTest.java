package dev.gapless.proxy.jetty.wire;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ProxyListener;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.jetty.ProxyServer;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

import static org.assertj.core.api.Assertions.assertThat;

/** A proxy in front of one scripted target. After each test nothing may be in flight any more. */
abstract class WireTest {
    /**
     * What waits in vain for something that only a timeout of the proxy's would bring about must fail, always: so those are
     * longer than any wait of a test, but where they are what is tested.
     */
    private static final Duration LONGER_THAN_ANYONE_WAITS = Duration.ofMinutes(2);

    private BodyOptions bodies = BodyOptions.defaults();
    static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    static final String GET = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
    static final String GET_AND_CLOSE = "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    final ScriptedTarget target = new ScriptedTarget(exchange -> {
        exchange.send(OK);
        return true;
    });
    private final BlockingQueue<RequestSummary> ended = new LinkedBlockingQueue<>();
    ProxyServer proxy;

    @BeforeEach
    void startAndDeploy() {
        proxy = ProxyServer.builder()
                .bindAddress("127.0.0.1")
                .httpPort(0)
                .accessLog(false)
                .clientIdleTimeout(clientIdleTimeout())
                .listener(new ProxyListener() {
                    @Override
                    public void onRequest(RequestSummary request) {
                        ended.add(request);
                    }
                })
                .build()
                .start();
        deploy(target);
    }

    Duration clientIdleTimeout() {
        return LONGER_THAN_ANYONE_WAITS;
    }

    /** Deploys the target again, to get and send bodies as they come, whatever length they declare. */
    void streamBodies() {
        bodies = BodyOptions.builder()
                .requestBuffering(Buffering.OFF)
                .responseBuffering(Buffering.OFF)
                .build();
        deploy(target);
    }

    void deploy(ScriptedTarget... targets) {
        deploy(LONGER_THAN_ANYONE_WAITS, targets);
    }

    void deploy(Duration responseTimeout, ScriptedTarget... targets) {
        Deployment.Builder deployment = Deployment.builder("app")
                .options(ServiceOptions.builder()
                        .responseTimeout(responseTimeout)
                        .bodies(bodies)
                        .build());
        for (ScriptedTarget each : targets) {
            deployment.target(each.address());
        }
        proxy.services().deploy(deployment.build());
    }

    @AfterEach
    void nothingIsInFlight() {
        // A removal waits for all leases, and nothing here takes that long unless one is lost.
        for (ServiceInfo service : proxy.services().list()) {
            assertThat(proxy.services().removeAsync(service.name(), Duration.ofMinutes(1)))
                    .as("drain of %s", service.name())
                    .succeedsWithin(Duration.ofSeconds(10));
        }
        proxy.stop();
        target.close();
    }

    Wire client() throws IOException {
        return new Wire(proxy.port());
    }

    RequestSummary awaitEnded() throws InterruptedException {
        RequestSummary summary = ended.poll(10, TimeUnit.SECONDS);
        assertThat(summary).as("summary of the request").isNotNull();
        return summary;
    }
}
