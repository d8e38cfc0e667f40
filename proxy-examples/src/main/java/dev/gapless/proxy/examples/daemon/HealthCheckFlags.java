package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.HealthCheck;
import java.time.Duration;
import picocli.CommandLine.Option;

/** How targets are asked whether they are healthy. */
final class HealthCheckFlags {
    @Option(
            names = "--health-check-path",
            defaultValue = "/up",
            paramLabel = "<path>",
            description = "Path to ask for (default ${DEFAULT-VALUE}).")
    private String path = "";

    @Option(
            names = "--health-check-port",
            defaultValue = "0",
            paramLabel = "<port>",
            description = "Port to ask on (default: the target's).")
    private int port;

    @Option(
            names = "--health-check-host",
            defaultValue = "",
            paramLabel = "<host>",
            description = "Host header to ask with (default: the target's address).")
    private String host = "";

    @Option(
            names = "--health-check-interval",
            defaultValue = "1s",
            paramLabel = "<duration>",
            description = "Time between two checks (default ${DEFAULT-VALUE}).")
    private Duration interval = Duration.ZERO;

    @Option(
            names = "--health-check-timeout",
            defaultValue = "5s",
            paramLabel = "<duration>",
            description = "How long a target may take to answer one (default ${DEFAULT-VALUE}).")
    private Duration timeout = Duration.ZERO;

    /** Returns the check, or throws an {@link IllegalArgumentException} that quotes the bad value. */
    HealthCheck healthCheck() {
        HealthCheck.Builder check =
                HealthCheck.builder().path(path).interval(interval).timeout(timeout);
        if (port != 0) {
            check.port(port);
        }
        if (!host.isEmpty()) {
            check.host(host);
        }
        return check.build();
    }
}
