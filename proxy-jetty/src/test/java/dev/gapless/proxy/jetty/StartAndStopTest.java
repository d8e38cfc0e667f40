package dev.gapless.proxy.jetty;

import dev.gapless.proxy.DeployFailedException;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.DescribedRequest;
import dev.gapless.proxy.ProxyStartException;
import dev.gapless.proxy.WaitInterruptedException;
import dev.gapless.proxy.engine.Attempts;
import dev.gapless.proxy.engine.Decision;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.SelectableChannel;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.eclipse.jetty.io.SelectorManager;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class StartAndStopTest extends ProxyScaffold {
    private static final Duration LONG = Duration.ofSeconds(30);

    @Test
    void aProxyWithoutServicesAnswers404() throws Exception {
        proxy = start(loopback());

        assertThat(client().get("/").status()).isEqualTo(404);
    }

    @Test
    void servicesCanBeDeployedBeforeTheProxyStarts() throws Exception {
        RawTarget target = closing(RawTarget.answering(RawTarget.OK));
        proxy = closing(loopback().build());
        proxy.services().deploy(Deployment.of("app", target.address()));

        proxy.start();

        assertThat(client().get("/").text()).isEqualTo("ok");
    }

    /** Item 18 of the notes on Jetty: a port that another process serves is never shared with it. */
    @Test
    void aPortInUseIsNoticed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            ProxyServer second = loopback().httpPort(taken.getLocalPort()).build();

            assertThatExceptionOfType(ProxyStartException.class)
                    .isThrownBy(second::start)
                    .withMessageContaining("in use")
                    .withMessageContaining(String.valueOf(taken.getLocalPort()));
        }
    }

    @Test
    void thePortOfAnotherProxyIsNoticed() {
        proxy = start(loopback());
        ProxyServer second = loopback().httpPort(proxy.port()).build();

        assertThatThrownBy(second::start)
                .isInstanceOf(ProxyStartException.class)
                .hasMessageContaining("in use");
    }

    @Test
    void aProxyThatCouldNotStartLeavesNoThreadBehind() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Set<Thread> before = Thread.getAllStackTraces().keySet();
            ProxyServer second = loopback().httpPort(taken.getLocalPort()).build();
            assertThatThrownBy(second::start).isInstanceOf(ProxyStartException.class);

            eventually("its threads end", () -> threadsSince(before).isEmpty());
        }
    }

    @Test
    void anAddressThatIsNotOfThisMachineIsNamed() {
        ProxyServer elsewhere = loopback().bindAddress("192.0.2.1").build();

        assertThatThrownBy(elsewhere::start)
                .isInstanceOf(ProxyStartException.class)
                .hasMessageContaining("192.0.2.1");
    }

    @Test
    void severalProxiesLiveInOneJvm() throws Exception {
        ProxyServer first = start(loopback());
        proxy = start(loopback());
        serve(RawTarget.answering(RawTarget.OK));

        assertThat(first.port()).isNotEqualTo(proxy.port());
        assertThat(closing(RawClient.to(first.port())).get("/").status()).isEqualTo(404);
        assertThat(client().get("/").status()).isEqualTo(200);
        first.stop();
        assertThat(client().get("/").status()).isEqualTo(200);
    }

    @Test
    void aStoppedProxyDoesNotStartAgain() {
        proxy = start(loopback());
        proxy.stop();

        assertThatIllegalStateException().isThrownBy(proxy::start);
        assertThatIllegalStateException().isThrownBy(proxy::port);
    }

    @Test
    void aStartedProxyDoesNotStartTwice() {
        proxy = start(loopback());

        assertThatIllegalStateException().isThrownBy(proxy::start);
    }

    @Test
    void aProxyWithoutHttpsHasNoSuchPort() {
        proxy = start(loopback());

        assertThatIllegalStateException().isThrownBy(proxy::httpsPort);
    }

    @Test
    void stoppingTwiceOrBeforeTheStartDoesNothing() {
        ProxyServer never = loopback().build();
        never.stop();
        proxy = start(loopback());
        proxy.stop();
        proxy.stop();
        proxy.close();
    }

    @Test
    void aProxyThatIsStoppedClosesItsPortAtOnceAndLetsTheRequestInFlightFinish() throws Exception {
        CountDownLatch answer = new CountDownLatch(1);
        int port = closing(new ReservedPort()).number();
        proxy = start(loopback().httpPort(port).shutdownGrace(LONG));
        RawTarget target = serve(RawTarget.answeringAfter(answer, RawTarget.OK));
        RawClient client = client().send(RawClient.head("GET", "/"));
        target.taken();

        CompletableFuture<Void> stopped = CompletableFuture.runAsync(proxy::stop);
        eventually("the port is closed", () -> refuses(port));

        assertThat(stopped).isNotDone();
        answer.countDown();
        assertThat(client.read().text()).isEqualTo("ok");
        assertThat(client.read()).isNull();
        stopped.get(10, TimeUnit.SECONDS);
    }

    /** Jetty looks for a further connection right after it has accepted one, and closes that if it must not look. */
    @Test
    void aClientAcceptedInTheMomentOfTheStopGetsItsAnswer() throws Exception {
        proxy = start(loopback().shutdownGrace(LONG));
        LaneServerConnector listener = proxy.assembly.listeners().get(0);
        SelectorManager lanes = proxy.assembly.client().getClientConnector().getBean(SelectorManager.class);
        lanes.addEventListener(new SelectorManager.AcceptListener() {
            @Override
            public void onAccepting(SelectableChannel channel) {
                listener.shutdown();
            }
        });

        assertThat(client().get("/").status()).isEqualTo(404);
    }

    private static boolean refuses(int port) {
        try {
            RawClient.to(port).close();
            return false;
        } catch (ConnectException e) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void theGraceTimeEndsTheRequestsInFlight() throws Exception {
        proxy = start(loopback().shutdownGrace(Duration.ofMillis(50)));
        RawTarget target = serve(RawTarget.answering((request, connection) -> connection.isLeft()));
        RawClient client = client().send(RawClient.head("GET", "/"));
        target.taken();

        proxy.stop();

        assertThat(client.readToEnd()).doesNotContain("200 OK");
        eventually("the target's connection is closed", () -> target.openConnections() == 0);
    }

    @Test
    void requestsThatWantToHearOfTheStopDoBeforeTheyAreEnded() {
        proxy = start(loopback().shutdownGrace(Duration.ZERO));
        proxy.services()
                .deploy(Deployment.builder("app")
                        .target("127.0.0.1:1")
                        .force(true)
                        .build());
        Decision decision = proxy.assembly.engine().decide(DescribedRequest.to("http://127.0.0.1/"), new Attempts());
        AtomicBoolean told = new AtomicBoolean();
        ((Decision.Forward) decision).lease().onDrain(() -> told.set(true));

        proxy.stop();

        assertThat(told).isTrue();
    }

    @Test
    void idleConnectionsDoNotDelayTheStop() throws Exception {
        proxy = start(loopback().shutdownGrace(LONG));
        serve(RawTarget.answering(RawTarget.OK));
        RawClient idle = client();
        idle.get("/");
        RawClient fresh = client();
        Http2Client http2 = http2();
        http2.get("/");
        long begun = System.nanoTime();

        proxy.stop();

        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(LONG.dividedBy(3));
        assertThat(idle.read()).isNull();
        assertThat(fresh.read()).isNull();
    }

    @Test
    void aRequestOverHttp2FinishesInTheGraceTime() throws Exception {
        CountDownLatch answer = new CountDownLatch(1);
        int port = closing(new ReservedPort()).number();
        proxy = start(loopback().httpPort(port).shutdownGrace(LONG));
        RawTarget target = serve(RawTarget.answeringAfter(answer, RawTarget.OK));
        Http2Client.Sent sent = http2().begin("GET", "/", true);
        target.taken();

        CompletableFuture<Void> stopped = CompletableFuture.runAsync(proxy::stop);
        eventually("the port is closed", () -> refuses(port));
        answer.countDown();

        assertThat(sent.response().text()).isEqualTo("ok");
        stopped.get(10, TimeUnit.SECONDS);
    }

    @Test
    void stoppingFailsDeploymentsUnderWay() throws Exception {
        proxy = start(loopback());
        RawTarget silent = closing(RawTarget.answering("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"));
        silent.leave();
        CompletableFuture<?> deployment = proxy.services()
                .deployAsync(Deployment.of("app", silent.address()))
                .toCompletableFuture();

        proxy.stop();

        assertThat(deployment).failsWithin(LONG).withThrowableThat().withCauseInstanceOf(DeployFailedException.class);
        assertThatThrownBy(() -> proxy.services().deploy(Deployment.of("app", silent.address())))
                .isInstanceOf(DeployFailedException.class);
    }

    @Test
    void aStoppedProxyLeavesNoThreadBehind() throws Exception {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        proxy = start(loopback());
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));
        client().get("/");

        proxy.stop();
        target.close();

        eventually("its threads end", () -> threadsSince(before).isEmpty());
    }

    @Test
    void anInterruptedStopEndsTheRequestsInFlightAndLeavesNoThreadBehindEither() throws Exception {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        proxy = start(loopback().shutdownGrace(LONG));
        RawTarget target = serve(RawTarget.answering((request, connection) -> connection.isLeft()));
        RawClient client = client().send(RawClient.head("GET", "/"));
        target.taken();

        Thread.currentThread().interrupt();
        assertThatThrownBy(proxy::stop).isInstanceOf(WaitInterruptedException.class);

        assertThat(Thread.interrupted()).isTrue();
        assertThat(client.readToEnd()).doesNotContain("200 OK");
        eventually("its threads end", () -> threadsSince(before).isEmpty());
    }

    @Test
    void anInterruptedThreadStopsAProxyThatIsIdle() throws Exception {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        proxy = start(loopback());

        Thread.currentThread().interrupt();
        proxy.stop();

        assertThat(Thread.interrupted()).isTrue();
        eventually("its threads end", () -> threadsSince(before).isEmpty());
    }

    @Test
    void aProxyThatWasNeverStartedLeavesNoThreadBehindEither() throws Exception {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        RawTarget target = closing(RawTarget.answering(RawTarget.OK));
        try (ProxyServer never = loopback().build()) {
            never.services().deploy(Deployment.of("app", target.address()));
        }

        eventually("its threads end", () -> threadsSince(before).isEmpty());
    }

    private static Set<Thread> threadsSince(Set<Thread> before) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !before.contains(thread) && thread.getName().startsWith("gapless"))
                .collect(Collectors.toSet());
    }

    @Test
    void aPortThatCannotBeIsNamed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ProxyServer.builder().httpPort(70_000))
                .withMessageContaining("70000");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ProxyServer.builder().shutdownGrace(Duration.ofSeconds(-1)))
                .withMessageContaining("PT-1S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ProxyServer.builder().maxConnections(0))
                .withMessageContaining("0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ProxyServer.builder().maxHttp3Connections(0))
                .withMessageContaining("max HTTP/3 connections 0 must be at least 1");
    }

    @Test
    void whatCannotBeCountedIsNamed() {
        ProxyServer.Builder builder = ProxyServer.builder();
        Duration forEver = Duration.ofSeconds(Long.MAX_VALUE);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.shutdownGrace(forEver))
                .withMessageContaining("shutdown grace " + forEver);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.clientHeadTimeout(forEver))
                .withMessageContaining(forEver + " must be shorter than 100 years");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.maxHeaderBytes(Integer.MAX_VALUE))
                .withMessageContaining("max header bytes 2147483647 is outside 1024 to 16777216");
    }
}
