package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.Services;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code resume}: ends a pause or a stop. */
@Command(name = "resume", description = "Forward the requests of a paused or stopped service again.")
final class ResumeCommand implements OperatorCommand {
    @Parameters(paramLabel = "<service>", description = "Name of the service.")
    private String service = "";

    @Override
    public String run(Services services) {
        services.resume(service);
        return "";
    }
}
