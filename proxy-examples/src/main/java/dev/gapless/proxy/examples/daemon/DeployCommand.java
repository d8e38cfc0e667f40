package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.HeaderOptions;
import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.ReportOptions;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.Services;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code deploy}: sends the traffic of a service to new targets once they are healthy. */
@Command(
        name = "deploy",
        sortOptions = false,
        customSynopsis = "gapless-proxy deploy <service> --target <host:port> [flags]",
        description =
                "Deploy a service: wait until its targets are healthy, send all new requests to them, and wait until "
                        + "the replaced targets have finished theirs.")
final class DeployCommand implements OperatorCommand {
    @Parameters(paramLabel = "<service>", description = "Name of the service.")
    private String service = "";

    @Option(
            names = "--target",
            split = ",",
            required = true,
            paramLabel = "<host:port>",
            description = "Address of a target; may be repeated.")
    private List<String> targets = List.of();

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

    @Option(
            names = "--force",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "<boolean>",
            defaultValue = "false",
            description = "Send traffic at once, without a health check.")
    private boolean force;

    @Option(
            names = "--health-check-path",
            defaultValue = "/up",
            paramLabel = "<path>",
            description = "Path to ask for (default ${DEFAULT-VALUE}).")
    private String healthCheckPath = "";

    @Option(
            names = "--health-check-port",
            defaultValue = "0",
            paramLabel = "<port>",
            description = "Port to ask on (default: the target's).")
    private int healthCheckPort;

    @Option(
            names = "--health-check-host",
            defaultValue = "",
            paramLabel = "<host>",
            description = "Host header to ask with (default: the target's address).")
    private String healthCheckHost = "";

    @Option(
            names = "--health-check-interval",
            defaultValue = "1s",
            paramLabel = "<duration>",
            description = "Time between two checks (default ${DEFAULT-VALUE}).")
    private Duration healthCheckInterval = Duration.ZERO;

    @Option(
            names = "--health-check-timeout",
            defaultValue = "5s",
            paramLabel = "<duration>",
            description = "How long a target may take to answer one (default ${DEFAULT-VALUE}).")
    private Duration healthCheckTimeout = Duration.ZERO;

    @Option(
            names = "--target-timeout",
            defaultValue = "30s",
            paramLabel = "<duration>",
            description = "How long a target may take to begin its response (default ${DEFAULT-VALUE}).")
    private Duration targetTimeout = Duration.ZERO;

    @Option(
            names = "--forward-headers",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "<boolean>",
            description = "Believe the X-Forwarded headers of clients (default true without TLS).")
    private @Nullable Boolean forwardHeaders;

    @Option(
            names = "--client-ip-header",
            defaultValue = "",
            paramLabel = "<name>",
            description = "Header in which a proxy in front says who the client is; replaces X-Forwarded-For.")
    private String clientIpHeader = "";

    @Option(
            names = "--trust",
            split = ",",
            paramLabel = "<range>",
            description = "Addresses, or blocks as 10.0.0.0/8, whose forwarding headers alone are believed; may be "
                    + "repeated (default: no such limit).")
    private List<String> trust = List.of();

    @Option(
            names = "--scope-cookie-paths",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "<boolean>",
            defaultValue = "false",
            description = "Put the path prefix that is taken off before the paths of cookies.")
    private boolean scopeCookiePaths;

    @Option(
            names = "--log-request-header",
            split = ",",
            paramLabel = "<name>",
            description = "Header of requests to log as well; may be repeated.")
    private List<String> logRequestHeaders = List.of();

    @Option(
            names = "--log-response-header",
            split = ",",
            paramLabel = "<name>",
            description = "Header of responses to log as well; may be repeated.")
    private List<String> logResponseHeaders = List.of();

    @Option(
            names = "--exclude-metrics-path",
            split = ",",
            paramLabel = "<path>",
            description = "Path whose requests do not count in metrics; may be repeated.")
    private List<String> excludeMetricsPaths = List.of();

    @Override
    public String run(Services services) {
        services.deploy(deployment());
        return "";
    }

    /** Returns what is to be deployed, or throws an {@link IllegalArgumentException} that quotes the bad value. */
    Deployment deployment() {
        Deployment.Builder deployment = Deployment.builder(service)
                .options(options())
                .deployTimeout(deployTimeout)
                .drainTimeout(drainTimeout)
                .force(force);
        given(targets).forEach(deployment::target);
        return deployment.build();
    }

    private ServiceOptions options() {
        ServiceOptions.Builder options = ServiceOptions.builder()
                .stripPathPrefix(stripPathPrefix)
                .healthCheck(healthCheck())
                .responseTimeout(targetTimeout);
        given(hosts).forEach(options::host);
        given(pathPrefixes).forEach(prefix -> options.pathPrefix(withLeadingSlashOnly(prefix)));
        if (!canonicalHost.isEmpty()) {
            options.canonicalHost(canonicalHost);
        }
        return options.headers(headers()).reporting(reporting()).build();
    }

    private HeaderOptions headers() {
        HeaderOptions.Builder headers = HeaderOptions.builder()
                .trustFrom(given(trust).toArray(String[]::new))
                .scopeCookiePaths(scopeCookiePaths);
        if (forwardHeaders != null) {
            headers.trustForwarded(forwardHeaders);
        }
        if (!clientIpHeader.isEmpty()) {
            headers.clientIpHeader(clientIpHeader);
        }
        return headers.build();
    }

    private ReportOptions reporting() {
        return ReportOptions.builder()
                .logRequestHeaders(given(logRequestHeaders).toArray(String[]::new))
                .logResponseHeaders(given(logResponseHeaders).toArray(String[]::new))
                .excludedMetricsPaths(given(excludeMetricsPaths).toArray(String[]::new))
                .build();
    }

    private HealthCheck healthCheck() {
        HealthCheck.Builder check = HealthCheck.builder()
                .path(healthCheckPath)
                .interval(healthCheckInterval)
                .timeout(healthCheckTimeout);
        if (healthCheckPort != 0) {
            check.port(healthCheckPort);
        }
        if (!healthCheckHost.isEmpty()) {
            check.host(healthCheckHost);
        }
        return check.build();
    }

    /** {@code api/}, {@code /api} and {@code /api/} are the same prefix, as they are to Kamal Proxy. */
    private static String withLeadingSlashOnly(String prefix) {
        return "/" + prefix.replaceAll("^/+|/+$", "");
    }

    /** Drivers give an empty value where they have none. */
    private static List<String> given(List<String> values) {
        return values.stream()
                .map(String::strip)
                .filter(value -> !value.isEmpty())
                .toList();
    }
}
