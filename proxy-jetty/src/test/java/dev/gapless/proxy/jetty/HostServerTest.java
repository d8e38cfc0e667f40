package dev.gapless.proxy.jetty;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ServiceOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.LocalConnector;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** A proxy that lives with what the application has already: its server, its threads, its handlers. */
class HostServerTest extends ProxyScaffold {
    private static final ServiceOptions API =
            ServiceOptions.builder().pathPrefix("/api").build();

    private final Server server = new Server();

    /** Says on what thread it was called, as one may that blocks. */
    private static final class Application extends Handler.Abstract {
        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            boolean onLane = LaneTask.putOff(() -> {});
            Content.Sink.write(response, true, "application" + (onLane ? " on a lane" : ""), callback);
            return true;
        }
    }

    private RawTarget target() throws Exception {
        return closing(RawTarget.answering(RawTarget.OK));
    }

    private Front.Reached start(Handler handler) throws Exception {
        server.setHandler(handler);
        Front.Reached reached = Front.started(server, proxy);
        closing(reached.end());
        return reached;
    }

    @Test
    void whatNoServiceMatchesGoesToTheHandlerWithin() throws Exception {
        proxy = loopback().withoutPorts().build();
        Handler.Wrapper handler = proxy.handler(Unrouted.PASS_ON);
        handler.setHandler(new Application());
        Front.Reached reached = start(handler);
        deploy("api", API, target());
        RawClient client = closing(RawClient.to(reached.port()));

        assertThat(client.get("/api/x").text()).isEqualTo("ok");
        assertThat(client.get("/other").text()).isEqualTo("application");
        proxy.services().remove("api");
        assertThat(client.get("/api/x").text()).isEqualTo("application");
    }

    @Test
    void whatNoServiceMatchesGoesToTheNextHandler() throws Exception {
        proxy = loopback().withoutPorts().build();
        Front.Reached reached = start(new Handler.Sequence(proxy.handler(Unrouted.PASS_ON), new Application()));
        deploy("api", API, target());
        RawClient client = closing(RawClient.to(reached.port()));

        assertThat(client.get("/api/x").text()).isEqualTo("ok");
        assertThat(client.get("/other").text()).isEqualTo("application");
    }

    @Test
    void aProxyOnTheApplicationsServerSharesItsPortWithTheApplication() throws Exception {
        server.setHandler(new Application());
        proxy = loopback().server(server).build();
        server.start();
        closing(server::stop);
        deploy("api", API, target());
        RawClient client = closing(RawClient.to(proxy.port()));

        assertThat(client.get("/api/x").text()).isEqualTo("ok");
        assertThat(client.get("/other").text()).isEqualTo("application");
    }

    @Test
    void aProxyOnTheApplicationsServerStartsAndStopsWithIt() throws Exception {
        proxy = loopback().server(server).build();
        assertThatThrownBy(proxy::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("starts with the server");

        server.start();
        assertThat(closing(RawClient.to(proxy.port())).get("/").status()).isEqualTo(404);
        server.stop();

        assertThatThrownBy(proxy::port).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aProxyThatIsStoppedByItselfLeavesTheServerItsScheduler() throws Exception {
        proxy = loopback().server(server).build();
        server.start();
        closing(server::stop);

        proxy.stop();

        assertThat(server.getScheduler().isRunning()).isTrue();
    }

    @Test
    void aProxyOnTheApplicationsServerSpeaksHttp3(@TempDir Path directory) throws Exception {
        Http3Native.assume();
        Certificates certificate = Certificates.shared();
        proxy = loopback()
                .server(server)
                .httpsPort(0)
                .certificate(certificate.chain(), certificate.key())
                .http3(true)
                .build();
        server.start();
        closing(server::stop);
        deploy("api", ServiceOptions.builder().tls(true).build(), target());
        Http3Client client = closing(Http3Client.trusting(certificate, directory, proxy.httpsPort()));

        assertThat(client.get("/").getStatus()).isEqualTo(200);
        assertThat(CompletableFuture.runAsync(() -> LifeCycle.stop(server))).succeedsWithin(Duration.ofSeconds(10));
    }

    @Test
    void aServerThatIsStartedIsRefused() throws Exception {
        server.start();
        closing(server::stop);

        assertThatThrownBy(() -> loopback().server(server))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("STARTED");
    }

    @Test
    void stoppingTheProxyLeavesTheServerOfTheApplicationAlone() throws Exception {
        proxy = loopback().withoutPorts().build();
        Handler.Wrapper handler = proxy.handler(Unrouted.PASS_ON);
        handler.setHandler(new Application());
        Front.Reached reached = start(handler);

        proxy.stop();

        assertThat(server.isRunning()).isTrue();
        assertThat(closing(RawClient.to(reached.port())).get("/").text()).isEqualTo("application");
    }

    @Test
    void aRequestThatIsStillUnderWayWhenTheProxyHasStoppedIsBrokenOff() throws Exception {
        proxy = loopback().shutdownGrace(Duration.ZERO).withoutPorts().build();
        Front.Reached reached = start(proxy.handler());
        BehavingTarget application = new BehavingTarget("target");
        Back.Served served = Back.TCP.serve(proxy, application);
        closing(served.end());
        proxy.services().deploy(served.targeting().to(Deployment.builder("app")).build());
        RawClient client =
                closing(RawClient.to(reached.port())).send(RawClient.head("GET", "/never", "Connection: close"));
        eventually("the request is under way", () -> requestsInFlight() == 1);

        proxy.stop();

        assertThat(client.readToEndOrReset()).doesNotContain(" 200 ");
        assertThat(closing(RawClient.to(reached.port())).get("/").status()).isEqualTo(503);
    }

    @Test
    void requestsWithoutASocketAreServed() throws Exception {
        proxy = loopback().withoutPorts().build();
        LocalConnector local = new LocalConnector(server);
        server.addConnector(local);
        start(proxy.handler());
        deploy("app", ServiceOptions.defaults(), target());

        assertThat(local.getResponse("GET / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200 ")
                .endsWith("ok");
    }

    @Test
    void severalProxiesLiveInOneServer() throws Exception {
        ProxyServer shop = loopback().withoutPorts().build();
        proxy = loopback().withoutPorts().build();
        Front.Reached reached = start(new Handler.Sequence(
                shop.handler(Unrouted.PASS_ON), proxy.handler(Unrouted.PASS_ON), new Application()));
        deploy("api", API, target());
        shop.services()
                .deploy(Deployment.builder("shop")
                        .target(closing(RawTarget.answering("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nshop"))
                                .address())
                        .options(ServiceOptions.builder().pathPrefix("/shop").build())
                        .build());
        RawClient client = closing(RawClient.to(reached.port()));

        assertThat(client.get("/shop").text()).isEqualTo("shop");
        assertThat(client.get("/api").text()).isEqualTo("ok");
        assertThat(client.get("/").text()).isEqualTo("application");
    }

    @Test
    void threadsOfTheApplicationServeTheProxyAndGoOnAfterIt() throws Exception {
        QueuedThreadPool threads = new QueuedThreadPool();
        closing(() -> LifeCycle.stop(threads));
        proxy = start(loopback().threadPool(threads));
        deploy("app", ServiceOptions.defaults(), target());

        assertThat(closing(RawClient.to(proxy.port())).get("/").status()).isEqualTo(200);
        assertThat(threads.getBusyThreads()).isPositive();
        proxy.stop();

        assertThat(threads.isRunning()).isTrue();
        try (ProxyServer next = loopback().threadPool(threads).build().start()) {
            assertThat(closing(RawClient.to(next.port())).get("/").status()).isEqualTo(404);
        }
    }
}
