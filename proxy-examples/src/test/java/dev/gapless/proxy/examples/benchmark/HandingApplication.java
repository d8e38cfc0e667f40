package dev.gapless.proxy.examples.benchmark;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.jetty.Handoff;
import dev.gapless.proxy.jetty.ProxyServer;
import java.util.EnumSet;
import java.util.List;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;

/** A proxy at the site's first port, and at its other one an application that hands every request to it. */
final class HandingApplication {
    private static final String SERVICE = "any";

    private HandingApplication() {}

    static Contestant contestant() {
        return new JvmContestant(
                GaplessUnderTest.NAME,
                "this build",
                HandingApplication.class,
                EnumSet.of(Workload.HUNDRED_MEBIBYTES),
                List.of());
    }

    public static void main(String[] args) throws Exception {
        Site site = Site.parse(args[0]);
        ProxyServer proxy = ProxyServer.builder()
                .bindAddress("127.0.0.1")
                .httpPort(site.httpPort())
                .clientIdleTimeout(GaplessUnderTest.IDLE)
                .accessLog(false)
                .build()
                .start();
        proxy.services()
                .deploy(Deployment.builder(SERVICE)
                        .target(site.target())
                        .options(ServiceOptions.defaults())
                        .build());
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server);
        connector.setHost("127.0.0.1");
        connector.setPort(site.httpsPort());
        connector.setIdleTimeout(GaplessUnderTest.IDLE.toMillis());
        server.addConnector(connector);
        server.setHandler(new Handing(proxy.handoffTo(SERVICE).build()));
        server.start();
        JvmContestant.runUntilParentEnds();
    }

    private static final class Handing extends Handler.Abstract {
        private final Handoff handoff;

        Handing(Handoff handoff) {
            this.handoff = handoff;
        }

        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            handoff.send(request, response, callback);
            return true;
        }
    }
}
