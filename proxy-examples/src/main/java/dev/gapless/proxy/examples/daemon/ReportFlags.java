package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.ReportOptions;
import java.util.List;
import picocli.CommandLine.Option;

/** What is told of requests. */
final class ReportFlags {
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

    /** Returns the settings, or throws an {@link IllegalArgumentException} that quotes the bad value. */
    ReportOptions reporting() {
        return ReportOptions.builder()
                .logRequestHeaders(TargetFlags.given(logRequestHeaders).toArray(String[]::new))
                .logResponseHeaders(TargetFlags.given(logResponseHeaders).toArray(String[]::new))
                .excludedMetricsPaths(TargetFlags.given(excludeMetricsPaths).toArray(String[]::new))
                .build();
    }
}
