package dev.gapless.proxy.metrics;

import dev.gapless.proxy.RequestSummary;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Summaries of requests for the metrics, which look at little of them. */
public final class EndedRequest {
    /** A path that its service excludes from the metrics. */
    public static final String EXCLUDED = "/excluded";

    private EndedRequest() {}

    public static RequestSummary of(@Nullable String service, String method, String path, int status) {
        return of(service, method, path, status, Duration.ofMillis(30), 0);
    }

    public static RequestSummary of(
            @Nullable String service, String method, String path, int status, Duration duration, int retries) {
        return of(service, method, path, status, duration, retries, null);
    }

    /** Returns a request that was held for a while. */
    public static RequestSummary held(String service, Duration held) {
        return of(service, "GET", "/", 200, held, 0, held);
    }

    private static RequestSummary of(
            @Nullable String service,
            String method,
            String path,
            int status,
            Duration duration,
            int retries,
            @Nullable Duration held) {
        return new RequestSummary(
                "id",
                service,
                null,
                method,
                "http",
                "example.com",
                path,
                null,
                "HTTP/1.1",
                "192.0.2.1",
                1,
                status,
                0,
                0,
                duration,
                null,
                retries,
                null,
                null,
                held,
                Map.of(),
                EXCLUDED.equals(path),
                null);
    }
}
