package dev.gapless.proxy.examples.demo;

import dev.gapless.proxy.DeployResult;
import java.io.PrintStream;
import java.net.http.HttpClient;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** The table at the end. */
final class Report {
    private final PrintStream out;

    Report(PrintStream out) {
        this.out = out;
    }

    void requests(Results results) {
        out.println();
        out.println("Requests              requests   failed    p50 ms    p90 ms    p99 ms  p99.9 ms    max ms");
        for (Map.Entry<Results.Key, Results.Row> entry : results.rows().entrySet()) {
            Results.Key key = entry.getKey();
            Histogram latencies = entry.getValue().latencies;
            long failures = entry.getValue().failures.sum();
            out.printf(
                    Locale.ROOT,
                    "%-8s %-11s %,9d %,8d %9.1f %9.1f %9.1f %9.1f %9.1f%n",
                    key.kind().name().toLowerCase(Locale.ROOT),
                    key.protocol() == HttpClient.Version.HTTP_2 ? "HTTP/2 TLS" : "HTTP/1.1",
                    latencies.getTotalCount() + failures,
                    failures,
                    millis(latencies, 50),
                    millis(latencies, 90),
                    millis(latencies, 99),
                    millis(latencies, 99.9),
                    latencies.getMaxValue() / 1e3);
        }
        out.printf(Locale.ROOT, "%-20s %,9d %,8d%n", "together", results.requests(), results.failures());
        results.reasons().forEach(reason -> out.println("  " + reason));
    }

    private static double millis(Histogram latencies, double percentile) {
        return latencies.getValueAtPercentile(percentile) / 1e3;
    }

    void deployment(String title, DeployResult result) {
        out.println();
        out.println(title);
        out.println(result.describe());
    }
}
