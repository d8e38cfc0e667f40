package dev.gapless.proxy.examples.daemon;

import java.time.Duration;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which service is paused or stopped, and how long its requests in flight may take. */
final class ClosingFlags {
    @Parameters(paramLabel = "<service>", description = "Name of the service.")
    private String service = "";

    @Option(
            names = "--drain-timeout",
            defaultValue = "30s",
            paramLabel = "<duration>",
            description = "How long requests in flight may take to finish (default ${DEFAULT-VALUE}).")
    private Duration drainTimeout = Duration.ZERO;

    String service() {
        return service;
    }

    Duration drainTimeout() {
        return drainTimeout;
    }
}
