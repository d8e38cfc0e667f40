package dev.gapless.proxy.jetty;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.io.EndPoint;
import org.junit.jupiter.api.AfterEach;

import static org.assertj.core.api.Assertions.assertThat;

/** What tests of the proxy begin with: a proxy on a free port, targets and clients, all closed afterwards. */
abstract class ProxyScaffold {
    private static final int MOMENT_MILLIS = 100;

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    ProxyServer proxy;

    @AfterEach
    void closeAll() throws Exception {
        while (!open.isEmpty()) {
            open.pop().close();
        }
    }

    <T extends AutoCloseable> T closing(T resource) {
        open.push(resource);
        return resource;
    }

    static ProxyServer.Builder loopback() {
        return ProxyServer.builder()
                .bindAddress("127.0.0.1")
                .httpPort(0)
                .accessLog(false)
                .shutdownGrace(Duration.ofMillis(500));
    }

    ProxyServer start(ProxyServer.Builder builder) {
        return closing(builder.build()).start();
    }

    /** Starts a proxy with one service, which has this target and the default options. */
    RawTarget serve(RawTarget target) {
        return serve(target, ServiceOptions.defaults());
    }

    /** Options for bodies that go on as they come, whatever length they declare. */
    static ServiceOptions streaming() {
        return ServiceOptions.builder()
                .bodies(BodyOptions.builder()
                        .requestBuffering(Buffering.OFF)
                        .responseBuffering(Buffering.OFF)
                        .build())
                .build();
    }

    RawTarget serve(RawTarget target, ServiceOptions options) {
        proxy = proxy == null ? start(loopback()) : proxy;
        closing(target);
        deploy("app", options, target);
        return target;
    }

    void deploy(String service, ServiceOptions options, RawTarget target) {
        proxy.services()
                .deploy(Deployment.builder(service)
                        .target(target.address())
                        .options(options)
                        .build());
    }

    RawClient client() throws Exception {
        return closing(RawClient.to(proxy.port()));
    }

    Http2Client http2() throws Exception {
        return closing(Http2Client.to(proxy.port()));
    }

    /**
     * From now on a client may be idle for a moment only, and two others are until they are shown the door. Not from the start
     * of the proxy on, as on a busy machine it may take longer than that to come in.
     */
    void awaitIdleTimeouts() throws Exception {
        letClientsBeIdle(proxy.assembly.listeners(), MOMENT_MILLIS);
        for (int i = 0; i < 2; i++) {
            assertThat(client().readToEnd()).isEmpty();
        }
    }

    /** For so long from now on, those who are there and those who come. */
    static void letClientsBeIdle(Collection<LaneServerConnector> listeners, long millis) {
        for (LaneServerConnector listener : listeners) {
            listener.setIdleTimeout(millis);
            listener.getConnectedEndPoints().forEach(client -> letBeIdle(client, millis));
        }
    }

    private static void letBeIdle(EndPoint client, long millis) {
        client.setIdleTimeout(millis);
        if (((LaneServerConnector.ClientEndPoint) client).spoken() instanceof HTTP2Connection http2) {
            http2.getSession().getStreams().forEach(stream -> stream.setIdleTimeout(millis));
        }
    }

    int requestsInFlight() {
        return proxy.services().list().stream()
                .flatMap(service -> service.targets().stream())
                .mapToInt(target -> target.requestsInFlight())
                .sum();
    }

    /** Waits, looking again and again, for what happens on other threads and tells nobody. */
    static void eventually(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(15);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not in time: " + what);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        }
    }
}
