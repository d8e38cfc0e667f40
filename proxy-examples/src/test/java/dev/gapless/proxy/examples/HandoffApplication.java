package dev.gapless.proxy.examples;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.HandoffLimits;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.jetty.Handoff;
import dev.gapless.proxy.jetty.ProxyServer;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/** An application with few threads that hands every request off; {@code threads} has it say how many there are. */
public final class HandoffApplication {
    private static final int THREADS = 8;

    private HandoffApplication() {}

    /** Takes the target's address, and how many handoffs are under way at once. */
    public static void main(String[] arguments) throws Exception {
        HandoffLimits limits = new HandoffLimits(Integer.parseInt(arguments[1]), 10_000, Duration.ofMinutes(1));
        Server server = new Server(new QueuedThreadPool(THREADS));
        ServerConnector connector = new ServerConnector(server, 1, 1);
        connector.setHost("127.0.0.1");
        connector.setAcceptQueueSize(1024);
        server.addConnector(connector);
        try (ProxyServer proxy = ProxyServer.builder()
                .withoutPorts()
                .accessLog(false)
                .handoffLimits(limits)
                .build()
                .start()) {
            proxy.services()
                    .deploy(Deployment.builder("app")
                            .target(arguments[0])
                            .options(ServiceOptions.defaults())
                            .build());
            Handoff handoff = proxy.handoffTo("app").build();
            server.setHandler(new Handler.Abstract() {
                @Override
                public boolean handle(Request request, Response response, Callback callback) {
                    handoff.send(request, response, callback);
                    return true;
                }
            });
            server.start();
            CommandedProxy.say("port " + connector.getLocalPort());
            BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                CommandedProxy.sayThreads();
            }
            server.stop();
        }
    }
}
