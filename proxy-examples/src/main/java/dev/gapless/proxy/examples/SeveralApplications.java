package dev.gapless.proxy.examples;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.jetty.ProxyServer;
import java.nio.file.Path;

/**
 * Several applications on one server with HTTPS. Arguments: a PEM file with the certificate, one with its key, and for each
 * application its host and the address where it runs, as in {@code shop.example.com=127.0.0.1:3000}.
 */
public final class SeveralApplications {
    private SeveralApplications() {}

    public static void main(String[] arguments) throws Exception {
        ProxyServer.Builder builder = ProxyServer.builder()
                .httpPort(Integer.getInteger("port", 80))
                .httpsPort(Integer.getInteger("httpsPort", 443))
                .certificate(Path.of(arguments[0]), Path.of(arguments[1]));
        try (ProxyServer proxy = builder.build().start()) {
            System.out.println("Listening on ports " + proxy.port() + " and " + proxy.httpsPort());
            for (int i = 2; i < arguments.length; i++) {
                String[] application = arguments[i].split("=", 2);
                deploy(proxy, application[0], application[1]);
            }
            System.in.read(); // Serves until Enter is pressed.
        }
    }

    /** Requests without TLS are redirected to HTTPS. */
    private static void deploy(ProxyServer proxy, String host, String target) {
        ServiceOptions options = ServiceOptions.builder().host(host).tls(true).build();
        Deployment deployment =
                Deployment.builder(host).target(target).options(options).build();
        System.out.println(proxy.services().deploy(deployment).describe());
        System.out.println("Serving " + host);
    }
}
