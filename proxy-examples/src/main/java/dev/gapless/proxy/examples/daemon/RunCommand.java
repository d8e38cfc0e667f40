package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.jetty.ProxyServer;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code run}: what the daemon listens on, and what it logs. */
@Command(
        name = "run",
        sortOptions = false,
        customSynopsis = "gapless-proxy run [flags]",
        description = "Run the daemon until SIGTERM or SIGINT. Each flag can be given as an environment variable, too: "
                + "GAPLESS_HTTP_PORT, or else HTTP_PORT, for --http-port.")
final class RunCommand {
    @Option(
            names = "--http-port",
            defaultValue = "80",
            paramLabel = "<port>",
            description = "Port for HTTP/1.1 and HTTP/2 in clear text (default ${DEFAULT-VALUE}; 0 for a free one).")
    private int httpPort;

    @Option(
            names = "--https-port",
            defaultValue = "443",
            paramLabel = "<port>",
            description = "Port for HTTP/1.1 and HTTP/2 over TLS (default ${DEFAULT-VALUE}; 0 for a free one).")
    private int httpsPort;

    @Option(
            names = "--bind",
            defaultValue = "",
            paramLabel = "<address>",
            description = "Address to listen on (default: all).")
    private String bind = "";

    @Option(
            names = "--metrics-port",
            defaultValue = "0",
            paramLabel = "<port>",
            description = "Port that serves Prometheus's text at /metrics (default ${DEFAULT-VALUE}: none).")
    private int metricsPort;

    @Option(
            names = "--proxy-protocol",
            split = ",",
            paramLabel = "<range>",
            description = "Addresses, or blocks as 10.0.0.0/8, whose connections must begin with a header of the PROXY "
                    + "protocol; may be repeated (default: none).")
    private List<String> proxyProtocol = List.of();

    @Option(
            names = "--cache-size",
            defaultValue = "67108864",
            paramLabel = "<bytes>",
            description = "How much memory cached responses may take in all (default ${DEFAULT-VALUE}).")
    private long cacheSize;

    @Option(
            names = "--access-log",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "<boolean>",
            defaultValue = "true",
            description = "Log each request (default ${DEFAULT-VALUE}).")
    private boolean accessLog;

    @Option(
            names = "--http3",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "<boolean>",
            defaultValue = "false",
            description =
                    "Speak HTTP/3 on the HTTPS port, over UDP (default ${DEFAULT-VALUE}). Jetty's artifacts for it, which "
                            + "are not within this jar, must be on the class path.")
    private boolean http3;

    @Option(
            names = "--debug",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "<boolean>",
            defaultValue = "false",
            description = "Log what the proxy does in detail.")
    private boolean debug;

    boolean debug() {
        return debug;
    }

    /** Returns where metrics are served, if they are, or throws an {@link IllegalArgumentException} that quotes the bad port. */
    Optional<InetSocketAddress> metricsAddress() {
        if (metricsPort < 0 || metricsPort > 65_535) {
            throw new IllegalArgumentException("metrics port " + metricsPort + " is outside 0 to 65535");
        }
        if (metricsPort == 0) {
            return Optional.empty();
        }
        return Optional.of(
                bind.isEmpty() ? new InetSocketAddress(metricsPort) : new InetSocketAddress(bind, metricsPort));
    }

    /** Returns a builder set accordingly, or throws an {@link IllegalArgumentException} that quotes the bad value. */
    ProxyServer.Builder server() {
        ProxyServer.Builder server = ProxyServer.builder()
                .httpPort(httpPort)
                .httpsPort(httpsPort)
                .http3(http3)
                .accessLog(accessLog)
                .cacheMemory(cacheSize)
                .proxyProtocol(TargetFlags.given(proxyProtocol).toArray(String[]::new));
        if (!bind.isEmpty()) {
            server.bindAddress(bind);
        }
        return server;
    }
}
