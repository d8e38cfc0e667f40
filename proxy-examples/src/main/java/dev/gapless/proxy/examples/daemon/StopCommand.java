package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.Services;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code stop}: answers the requests of a service with a page. */
@Command(
        name = "stop",
        sortOptions = false,
        description =
                "Answer the requests of a service with 503 until it is resumed, and wait until those in flight have "
                        + "finished.")
final class StopCommand implements OperatorCommand {
    @Parameters(paramLabel = "<service>", description = "Name of the service.")
    private String service = "";

    @Option(
            names = "--drain-timeout",
            defaultValue = "30s",
            paramLabel = "<duration>",
            description = "How long requests in flight may take to finish (default ${DEFAULT-VALUE}).")
    private Duration drainTimeout = Duration.ZERO;

    @Option(
            names = "--message",
            defaultValue = "",
            paramLabel = "<text>",
            description = "Message on the page (default: none of its own).")
    private String message = "";

    @Override
    public String run(Services services) {
        services.stop(service, drainTimeout, message);
        return "";
    }
}
