package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.Services;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code rollout stop}: ends the split. */
@Command(
        name = "stop",
        description =
                "Send no more requests to the rollout of a service. Its targets stay, and may be given a split again.")
final class RolloutStopCommand implements OperatorCommand {
    @Parameters(paramLabel = "<service>", description = "Name of the service.")
    private String service = "";

    @Override
    public String run(Services services) {
        services.stopRollout(service);
        return "";
    }
}
