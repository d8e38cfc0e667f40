package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.Services;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code stop}: answers the requests of a service with a page. */
@Command(
        name = "stop",
        sortOptions = false,
        description =
                "Answer the requests of a service with 503 until it is resumed, and wait until those in flight have "
                        + "finished.")
final class StopCommand implements OperatorCommand {
    @Mixin
    private final ClosingFlags closing = new ClosingFlags();

    @Option(
            names = "--message",
            defaultValue = "",
            paramLabel = "<text>",
            description = "Message on the page (default: none of its own).")
    private String message = "";

    @Override
    public String run(Services services) {
        services.stop(closing.service(), closing.drainTimeout(), message);
        return "";
    }
}
