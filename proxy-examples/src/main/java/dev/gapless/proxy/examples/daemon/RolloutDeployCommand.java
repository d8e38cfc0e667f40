package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.Services;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code rollout deploy}: puts targets beside the active ones. */
@Command(
        name = "deploy",
        sortOptions = false,
        customSynopsis = "gapless-proxy rollout deploy <service> --target <address> [flags]",
        description =
                "Deploy targets beside the active ones of a service, with its options. They get no requests until a "
                        + "split is set, and take the place of an earlier rollout.")
final class RolloutDeployCommand implements OperatorCommand {
    @Parameters(paramLabel = "<service>", description = "Name of the service.")
    private String service = "";

    @Mixin
    private final TargetFlags targets = new TargetFlags();

    @Override
    public String run(Services services) {
        services.deploy(deployment());
        return "";
    }

    /** Returns what is to be deployed, or throws an {@link IllegalArgumentException} that quotes the bad value. */
    Deployment deployment() {
        return targets.addTo(Deployment.builder(service)).asRollout().build();
    }
}
