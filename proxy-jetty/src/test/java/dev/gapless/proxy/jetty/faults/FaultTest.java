package dev.gapless.proxy.jetty.faults;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.Pace;
import dev.gapless.proxy.ProxyListener;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.ServiceInfo.TargetInfo;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.jetty.ProxyServer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A proxy with short timeouts. After each test nothing may be left of its requests: no lease, no connection to a target, no
 * thread.
 */
public abstract class FaultTest {
    static final Duration RESPONSE_TIMEOUT = Duration.ofMillis(200);
    protected static final String GET = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
    protected static final String POST = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
    /** Of an upload that has ended, the client's connection goes on after any answer; of this one it never does. */
    static final String ENDLESS_UPLOAD =
            "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: " + Long.MAX_VALUE + "\r\n\r\n";

    /**
     * What waits in vain for something that only a timeout of the proxy's would bring about must fail, always: so those are
     * longer than any wait of a test, but where they are what is tested.
     */
    static final Duration LONGER_THAN_ANYONE_WAITS = Duration.ofMinutes(2);

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** More than begin while those are counted that there are. */
    private static final int MORE_THREADS = 1000;

    protected final BlockingQueue<RequestSummary> ended = new LinkedBlockingQueue<>();
    private final List<RawTarget> targets = new ArrayList<>();
    private Set<Thread> threadsBefore = Set.of();
    private BodyOptions bodies = BodyOptions.defaults();
    protected ProxyServer proxy;

    @BeforeEach
    protected final void start() {
        threadsBefore = threads();
        proxy = configure(builder()).build().start();
    }

    /** What each proxy of a test begins with. */
    protected final ProxyServer.Builder builder() {
        return ProxyServer.builder()
                .bindAddress("127.0.0.1")
                .httpPort(0)
                .accessLog(false)
                .clientIdleTimeout(LONGER_THAN_ANYONE_WAITS)
                .shutdownGrace(Duration.ZERO)
                .listener(new ProxyListener() {
                    @Override
                    public void onRequest(RequestSummary request) {
                        ended.add(request);
                    }
                });
    }

    /** Has what is deployed from now on get and send bodies as they come, whatever length they declare. */
    protected final void streamBodies() {
        bodies = BodyOptions.builder()
                .requestBuffering(Buffering.OFF)
                .responseBuffering(Buffering.OFF)
                .build();
    }

    /** Has what is deployed from now on bear with clients for no longer than this without any progress. */
    protected final void bearWithClientsFor(Duration idleTime) {
        Pace pace = new Pace(0, idleTime);
        bodies = BodyOptions.builder().requestPace(pace).responsePace(pace).build();
    }

    protected ProxyServer.Builder configure(ProxyServer.Builder builder) {
        return builder;
    }

    @AfterEach
    protected final void nothingIsLeft() throws IOException {
        await("the end of all leases", () -> requestsInFlight() == 0);
        for (ServiceInfo service : proxy.services().list()) {
            proxy.services().remove(service.name(), PATIENCE);
        }
        for (RawTarget target : targets) {
            await("the end of all connections to targets", () -> target.open() == 0);
        }
        proxy.stop();
        for (RawTarget target : targets) {
            target.close();
        }
        await("the end of the proxy's threads", () -> threadsBefore.containsAll(threads()));
        afterStop();
    }

    /** Checks what else may not be left. */
    protected void afterStop() throws IOException {}

    /** Without their stacks, for which all of them would have to stop. */
    private static Set<Thread> threads() {
        ThreadGroup all = Thread.currentThread().getThreadGroup();
        while (all.getParent() != null) {
            all = all.getParent();
        }
        Thread[] alive = new Thread[2 * all.activeCount() + MORE_THREADS];
        return Stream.of(alive)
                .limit(all.enumerate(alive))
                .filter(thread -> thread.getName().startsWith("gapless"))
                .collect(Collectors.toSet());
    }

    protected final int requestsInFlight() {
        return proxy.services().list().stream()
                .flatMap(service -> service.targets().stream())
                .mapToInt(TargetInfo::requestsInFlight)
                .sum();
    }

    /** Deploys the targets as the only service, which replaces what was deployed before. */
    @SafeVarargs
    protected final <T extends RawTarget> T deploy(T... deployed) {
        deploy(LONGER_THAN_ANYONE_WAITS, deployed);
        return deployed[0];
    }

    /** Deploys a target for whose response the proxy waits for {@link #RESPONSE_TIMEOUT} only. */
    protected final <T extends RawTarget> T deployImpatiently(T deployed) {
        proxy.services().deploy(deployment(LONGER_THAN_ANYONE_WAITS, RESPONSE_TIMEOUT, deployed));
        return deployed;
    }

    protected final void deploy(Duration drainTimeout, RawTarget... deployed) {
        proxy.services().deploy(deployment(drainTimeout, deployed));
    }

    protected final Deployment deployment(Duration drainTimeout, RawTarget... deployed) {
        return deployment(drainTimeout, LONGER_THAN_ANYONE_WAITS, deployed);
    }

    private Deployment deployment(Duration drainTimeout, Duration responseTimeout, RawTarget... deployed) {
        ServiceOptions options = ServiceOptions.builder()
                .responseTimeout(responseTimeout)
                .bodies(bodies)
                .build();
        return deployment(drainTimeout, options, deployed);
    }

    protected final Deployment deployment(Duration drainTimeout, ServiceOptions options, RawTarget... deployed) {
        targets.addAll(List.of(deployed));
        Deployment.Builder deployment =
                Deployment.builder("app").drainTimeout(drainTimeout).options(options);
        for (RawTarget target : deployed) {
            deployment.target(target.address());
        }
        return deployment.build();
    }

    protected final RawClient client() throws IOException {
        return new RawClient(proxy.port());
    }

    protected final RequestSummary awaitEnded() throws InterruptedException {
        RequestSummary summary = ended.poll(10, TimeUnit.SECONDS);
        assertThat(summary).as("summary of the request").isNotNull();
        return summary;
    }

    /** Waits for a state that others bring about in their own time, such as the operating system's of connections. */
    protected static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
        }
    }
}
