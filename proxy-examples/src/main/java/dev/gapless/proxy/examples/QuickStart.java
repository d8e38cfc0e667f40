package dev.gapless.proxy.examples;

import dev.gapless.proxy.DeployResult;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.jetty.ProxyServer;

public class QuickStart {
    public static void main(String[] versions) throws Exception {
        int port = Integer.getInteger("port", 8080);
        try (ProxyServer proxy = ProxyServer.builder().httpPort(port).build().start()) {
            System.out.println("Listening on port " + proxy.port());
            // Each version (127.0.0.1:3001, say) takes over once healthy; the one before finishes its requests.
            for (String version : versions) {
                DeployResult result = proxy.services().deploy(Deployment.of("shop", version));
                System.out.println(result.describe());
            }
            System.in.read(); // Serves until Enter is pressed.
        }
    }
}
