package dev.gapless.proxy.examples;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.RolloutSplit;
import dev.gapless.proxy.Services;
import dev.gapless.proxy.jetty.ProxyServer;
import java.time.Duration;
import java.util.Set;

/**
 * A canary: a new version for some clients first, and then for all. Arguments: the addresses of the version in use and of the new
 * one.
 */
public final class Canary {
    private Canary() {}

    public static void main(String[] versions) throws Exception {
        int port = Integer.getInteger("port", 8080);
        try (ProxyServer proxy = ProxyServer.builder().httpPort(port).build().start()) {
            System.out.println("Listening on port " + proxy.port());
            Services services = proxy.services();
            services.deploy(Deployment.of("shop", versions[0]));
            services.deploy(
                    Deployment.builder("shop").target(versions[1]).asRollout().build());

            // Whose cookie kamal-rollout says "staff", and one of ten of the others that have the cookie.
            services.splitRollout("shop", new RolloutSplit(10, Set.of("staff")));
            System.out.println("The canary sings. Press Enter to promote it.");
            System.in.read();

            services.promoteRollout("shop", Duration.ofSeconds(30));
            System.out.println("Promoted. Press Enter to end.");
            System.in.read();
        }
    }
}
