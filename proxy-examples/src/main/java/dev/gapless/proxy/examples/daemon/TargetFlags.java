package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.Deployment;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Option;

/** Which targets take over, and how long that may take. */
final class TargetFlags {
    @Option(
            names = "--target",
            split = ",",
            required = true,
            paramLabel = "<address>",
            description =
                    "Address of a target: host:port, https://host:port, h2c://host:port (HTTP/2 in clear text) or "
                            + "unix:/path; may be repeated.")
    private List<String> targets = List.of();

    @Option(
            names = "--read-target",
            split = ",",
            paramLabel = "<address>",
            description = "Address of a target for GET and HEAD only; may be repeated.")
    private List<String> readers = List.of();

    @Option(
            names = "--deploy-timeout",
            defaultValue = "30s",
            paramLabel = "<duration>",
            description = "How long the targets may take to become healthy (default ${DEFAULT-VALUE}).")
    private Duration deployTimeout = Duration.ZERO;

    @Option(
            names = "--drain-timeout",
            defaultValue = "30s",
            paramLabel = "<duration>",
            description = "How long requests on the replaced targets may take to finish (default ${DEFAULT-VALUE}).")
    private Duration drainTimeout = Duration.ZERO;

    /** Returns the builder, or throws an {@link IllegalArgumentException} that quotes the bad value. */
    Deployment.Builder addTo(Deployment.Builder deployment) {
        given(targets).forEach(deployment::target);
        given(readers).forEach(deployment::reader);
        return deployment.deployTimeout(deployTimeout).drainTimeout(drainTimeout);
    }

    /** Drivers give an empty value where they have none. */
    static List<String> given(List<String> values) {
        return values.stream()
                .map(String::strip)
                .filter(value -> !value.isEmpty())
                .toList();
    }
}
