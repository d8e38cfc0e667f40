package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.RolloutSplit;
import dev.gapless.proxy.Services;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rollout set}: says which clients the rollout is for. */
@Command(
        name = "set",
        sortOptions = false,
        description = "Send some of a service's clients to its rollout. A client is told by the value of its cookie "
                + "kamal-rollout; one without the cookie is never sent there. At least one of the flags is needed.")
final class RolloutSetCommand implements OperatorCommand {
    @Parameters(paramLabel = "<service>", description = "Name of the service.")
    private String service = "";

    @Option(names = "--percent", paramLabel = "<0..100>", description = "Share of the clients.")
    private @Nullable Integer percent;

    @Option(
            names = "--list",
            split = ",",
            paramLabel = "<value>",
            description = "Value of the cookie that is in, whatever the share; may be repeated.")
    private @Nullable List<String> list;

    @Override
    public String run(Services services) {
        services.splitRollout(service, split());
        return "";
    }

    /** Returns the split, or throws an {@link IllegalArgumentException} that quotes the bad value. */
    RolloutSplit split() {
        if (percent == null && list == null) {
            throw new CommandFailure("rollout set needs --percent, --list or both");
        }
        return new RolloutSplit(percent == null ? 0 : percent, list == null ? Set.of() : keys(list));
    }

    private static Set<String> keys(List<String> values) {
        List<String> keys = TargetFlags.given(values);
        if (keys.isEmpty()) {
            throw new CommandFailure(
                    "--list \"" + String.join(",", values) + "\" has no values; it needs at least one");
        }
        return Set.copyOf(keys);
    }
}
