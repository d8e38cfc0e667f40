package dev.gapless.proxy;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request that has ended.
 *
 * @param requestId its {@code X-Request-ID}
 * @param service the service it was routed to, null if none
 * @param target the target that got it last, null if none
 * @param method the method
 * @param scheme {@code http} or {@code https}
 * @param host the host it was for, without a port
 * @param path the path as the client sent it
 * @param query the query as the client sent it, null if none
 * @param protocol the client's protocol, {@code HTTP/1.1} say
 * @param remoteAddress the address of the client's end of the connection
 * @param remotePort the port of it
 * @param status the status that the client got; 499 if it left before there was one
 * @param requestBytes the bytes of the request body that were read; of a tunnel, those that passed to the target
 * @param responseBytes the bytes of the response body that were handed to the client's connection; of a tunnel, those that
 *     passed to the client
 * @param duration from the request's head to its end
 * @param timeToResponse from the request's head to the response's, null if there was none
 * @param retries how often it was sent again
 * @param failure what went wrong, for people; null if nothing did
 * @param slot which of the service's deployments the target belongs to, null if there is no target
 * @param held how long it waited for a paused service to be resumed, null if it did not
 * @param loggedHeaders the headers that {@link ReportOptions} asks for, in that order, by their keys in the access log:
 *     {@code req_} or {@code resp_} and the name in lower case with {@code _} for {@code -}; several values are joined by
 *     commas, and a header that was not there is empty
 * @param excludedFromMetrics whether the path is one of {@link ReportOptions#excludedMetricsPaths}
 * @param cache what the cache did for it, null if it was not asked
 */
public record RequestSummary(
        String requestId,
        @Nullable String service,
        @Nullable TargetAddress target,
        String method,
        String scheme,
        String host,
        String path,
        @Nullable String query,
        String protocol,
        String remoteAddress,
        int remotePort,
        int status,
        long requestBytes,
        long responseBytes,
        Duration duration,
        @Nullable Duration timeToResponse,
        int retries,
        @Nullable String failure,
        @Nullable Slot slot,
        @Nullable Duration held,
        Map<String, String> loggedHeaders,
        boolean excludedFromMetrics,
        @Nullable CacheUse cache) {
    /**
     * Copies the map.
     *
     * @param requestId its {@code X-Request-ID}
     * @param service the service it was routed to, null if none
     * @param target the target that got it last, null if none
     * @param method the method
     * @param scheme {@code http} or {@code https}
     * @param host the host it was for, without a port
     * @param path the path as the client sent it
     * @param query the query as the client sent it, null if none
     * @param protocol the client's protocol, {@code HTTP/1.1} say
     * @param remoteAddress the address of the client's end of the connection
     * @param remotePort the port of it
     * @param status the status that the client got; 499 if it left before there was one
     * @param requestBytes the bytes of the request body that were read; of a tunnel, those that passed to the target
     * @param responseBytes the bytes of the response body that were handed to the client's connection; of a tunnel, those
     *     that passed to the client
     * @param duration from the request's head to its end
     * @param timeToResponse from the request's head to the response's, null if there was none
     * @param retries how often it was sent again
     * @param failure what went wrong, for people; null if nothing did
     * @param slot which of the service's deployments the target belongs to, null if there is no target
     * @param held how long it waited for a paused service to be resumed, null if it did not
     * @param loggedHeaders the headers that {@link ReportOptions} asks for, in that order, by their keys in the access log:
     *     {@code req_} or {@code resp_} and the name in lower case with {@code _} for {@code -}; several values are joined by
     *     commas, and a header that was not there is empty
     * @param excludedFromMetrics whether the path is one of {@link ReportOptions#excludedMetricsPaths}
     * @param cache what the cache did for it, null if it was not asked
     */
    public RequestSummary {
        loggedHeaders =
                loggedHeaders.isEmpty() ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(loggedHeaders));
    }
}
