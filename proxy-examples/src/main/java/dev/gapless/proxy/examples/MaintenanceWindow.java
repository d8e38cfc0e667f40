package dev.gapless.proxy.examples;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.Services;
import dev.gapless.proxy.jetty.ProxyServer;
import java.time.Duration;

/**
 * A maintenance window in which no request is lost: they wait while the database is migrated, or whatever takes a moment. Argument:
 * the address where the application runs.
 */
public final class MaintenanceWindow {
    private MaintenanceWindow() {}

    public static void main(String[] arguments) throws Exception {
        int port = Integer.getInteger("port", 8080);
        try (ProxyServer proxy = ProxyServer.builder().httpPort(port).build().start()) {
            System.out.println("Listening on port " + proxy.port());
            Services services = proxy.services();
            services.deploy(Deployment.of("shop", arguments[0]));

            System.out.println("Serving. Press Enter to begin the maintenance.");
            System.in.read();
            // Those in flight have ten seconds to finish; new ones wait for a minute at most.
            services.pause("shop", Duration.ofSeconds(10), Duration.ofMinutes(1));

            System.out.println("Paused. Press Enter when the migration is done.");
            System.in.read();
            services.resume("shop");

            System.out.println("Serving again. Press Enter to end.");
            System.in.read();
        }
    }
}
