package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.CompressionOptions;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ErrorPages;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.Services;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code deploy}: sends the traffic of a service to new targets once they are healthy. */
@Command(
        name = "deploy",
        sortOptions = false,
        customSynopsis = "gapless-proxy deploy <service> --target <address> [flags]",
        description =
                "Deploy a service: wait until its targets are healthy, send all new requests to them, and wait until "
                        + "the replaced targets have finished theirs.")
final class DeployCommand implements OperatorCommand {
    @Parameters(paramLabel = "<service>", description = "Name of the service.")
    private String service = "";

    @Mixin
    private final TargetFlags targets = new TargetFlags();

    @Option(
            names = "--host",
            split = ",",
            paramLabel = "<host>",
            description = "Host to serve, or *.example.com; may be repeated (default: every host).")
    private List<String> hosts = List.of();

    @Option(
            names = "--path-prefix",
            split = ",",
            paramLabel = "<path>",
            description = "Path to serve; may be repeated (default /).")
    private List<String> pathPrefixes = List.of();

    @Option(
            names = "--strip-path-prefix",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "<boolean>",
            defaultValue = "true",
            description = "Take the path prefix off what is forwarded (default ${DEFAULT-VALUE}).")
    private boolean stripPathPrefix;

    @Option(
            names = "--canonical-host",
            defaultValue = "",
            paramLabel = "<host>",
            description = "Host that requests for the other hosts are redirected to.")
    private String canonicalHost = "";

    @Option(
            names = "--force",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "<boolean>",
            defaultValue = "false",
            description = "Send traffic at once, without a health check.")
    private boolean force;

    @Mixin
    private final HealthCheckFlags health = new HealthCheckFlags();

    @Mixin
    private final BalancingFlags balancing = new BalancingFlags();

    @Option(
            names = "--target-timeout",
            defaultValue = "30s",
            paramLabel = "<duration>",
            description = "How long a target may take to begin its response (default ${DEFAULT-VALUE}).")
    private Duration targetTimeout = Duration.ZERO;

    @Mixin
    private final TlsFlags tls = new TlsFlags();

    @Mixin
    private final TargetTlsFlags targetTls = new TargetTlsFlags();

    @Mixin
    private final BodyFlags bodies = new BodyFlags();

    @Option(
            names = "--compress",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "<boolean>",
            defaultValue = "false",
            description = "Compress responses for clients that accept it (default ${DEFAULT-VALUE}).")
    private boolean compress;

    @Mixin
    private final CacheFlags cache = new CacheFlags();

    @Mixin
    private final HeaderFlags headers = new HeaderFlags();

    @Mixin
    private final ReportFlags reporting = new ReportFlags();

    @Mixin
    private final FileFlags files = new FileFlags();

    @Option(
            names = "--error-pages",
            paramLabel = "<directory>",
            description = "Directory of the service's own error pages: 503.html and so on.")
    private @Nullable Path errorPages;

    @Override
    public String run(Services services) {
        services.deploy(deployment());
        return "";
    }

    /** Returns what is to be deployed, or throws an {@link IllegalArgumentException} that quotes the bad value. */
    Deployment deployment() {
        return targets.addTo(Deployment.builder(service))
                .options(options())
                .force(force)
                .build();
    }

    private ServiceOptions options() {
        ServiceOptions.Builder options = ServiceOptions.builder()
                .stripPathPrefix(stripPathPrefix)
                .healthCheck(health.healthCheck())
                .balancing(balancing.balancing())
                .headers(headers.headers())
                .reporting(reporting.reporting())
                .bodies(bodies.bodies())
                .targetTls(targetTls.targetTls())
                .responseTimeout(targetTimeout);
        tls.addTo(options);
        files.addTo(options);
        cache.addTo(options);
        TargetFlags.given(hosts).forEach(options::host);
        TargetFlags.given(pathPrefixes).forEach(prefix -> options.pathPrefix(withLeadingSlashOnly(prefix)));
        if (compress) {
            options.compression(CompressionOptions.defaults());
        }
        if (!canonicalHost.isEmpty()) {
            options.canonicalHost(canonicalHost);
        }
        if (errorPages != null && !errorPages.toString().isEmpty()) {
            options.errorPages(ErrorPages.fromDirectory(errorPages));
        }
        return options.build();
    }

    /** {@code api/}, {@code /api} and {@code /api/} are the same prefix, as they are to Kamal Proxy. */
    private static String withLeadingSlashOnly(String prefix) {
        return "/" + prefix.replaceAll("^/+|/+$", "");
    }
}
