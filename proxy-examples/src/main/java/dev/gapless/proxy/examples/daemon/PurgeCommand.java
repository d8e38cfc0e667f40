package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.CachePurge;
import dev.gapless.proxy.ServiceNotFoundException;
import dev.gapless.proxy.Services;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code purge}: takes responses out of the cache. */
@Command(
        name = "purge",
        sortOptions = false,
        customSynopsis = "gapless-proxy purge <service> [flags]",
        description = "Forget cached responses of a service: all of them, or those that have all that is named.")
final class PurgeCommand implements OperatorCommand {
    @Parameters(paramLabel = "<service>", description = "Name of the service.")
    private String service = "";

    @Option(
            names = "--path-prefix",
            defaultValue = "",
            paramLabel = "<path>",
            description = "Those below this path, in whole segments (default: all).")
    private String pathPrefix = "";

    @Option(
            names = "--tag",
            defaultValue = "",
            paramLabel = "<tag>",
            description = "Those that have this in their Cache-Tag (default: all).")
    private String tag = "";

    @Override
    public String run(Services services) {
        if (services.list().stream().noneMatch(each -> each.name().equals(service))) {
            throw new ServiceNotFoundException(service);
        }
        CachePurge purge = CachePurge.ofService(service);
        purge = pathPrefix.isEmpty() ? purge : purge.withPathPrefix(pathPrefix);
        services.purge(tag.isEmpty() ? purge : purge.withTag(tag));
        return "";
    }
}
