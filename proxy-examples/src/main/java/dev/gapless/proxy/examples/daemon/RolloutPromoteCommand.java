package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.Services;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rollout promote}: makes the rollout the active deployment. */
@Command(
        name = "promote",
        sortOptions = false,
        description = "Make the rollout of a service its active deployment, and wait until the replaced targets have "
                + "finished their requests.")
final class RolloutPromoteCommand implements OperatorCommand {
    @Parameters(paramLabel = "<service>", description = "Name of the service.")
    private String service = "";

    @Option(
            names = "--drain-timeout",
            defaultValue = "30s",
            paramLabel = "<duration>",
            description = "How long requests on the replaced targets may take to finish (default ${DEFAULT-VALUE}).")
    private Duration drainTimeout = Duration.ZERO;

    @Override
    public String run(Services services) {
        services.promoteRollout(service, drainTimeout);
        return "";
    }
}
