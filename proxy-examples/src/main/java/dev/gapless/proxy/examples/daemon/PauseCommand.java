package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.Services;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pause}: holds the requests of a service. */
@Command(
        name = "pause",
        sortOptions = false,
        description =
                "Hold the requests of a service until it is resumed, and wait until those in flight have finished.")
final class PauseCommand implements OperatorCommand {
    @Mixin
    private final ClosingFlags closing = new ClosingFlags();

    @Option(
            names = "--max-pause",
            defaultValue = "30s",
            paramLabel = "<duration>",
            description = "How long a request is held before it is answered with 504 (default ${DEFAULT-VALUE}).")
    private Duration maxPause = Duration.ZERO;

    @Override
    public String run(Services services) {
        services.pause(closing.service(), closing.drainTimeout(), maxPause);
        return "";
    }
}
