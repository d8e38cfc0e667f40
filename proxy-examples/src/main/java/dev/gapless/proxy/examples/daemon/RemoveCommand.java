package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.Services;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code remove}: ends a service. */
@Command(name = "remove", description = "Remove a service, and wait until its requests in flight have finished.")
final class RemoveCommand implements OperatorCommand {
    @Parameters(paramLabel = "<service>", description = "Name of the service.")
    private String service = "";

    @Override
    public String run(Services services) {
        services.remove(service);
        return "";
    }
}
