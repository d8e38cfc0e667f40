package dev.gapless.proxy.jetty;

import dev.gapless.proxy.CacheUse;
import dev.gapless.proxy.ReportOptions;
import dev.gapless.proxy.RequestRetry;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.engine.Service;
import java.time.Duration;
import java.util.Map;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.jspecify.annotations.Nullable;

/** What there is to tell of a request, to listeners and the log, as it becomes known. */
final class RequestReport {
    /** What the log says of a client that left before it was answered. */
    private static final int CLIENT_CLOSED_REQUEST = 499;

    private final DataPlane plane;
    private final Request request;
    private final ClientRequest client;
    private @Nullable String requestId;
    private final long startNanos;
    private @Nullable Service service;
    private int status;
    private int retries;
    private long timeToResponseNanos = -1;
    private @Nullable String failure;
    private @Nullable CacheUse cached;

    RequestReport(DataPlane plane, Request request, ClientRequest client) {
        this.plane = plane;
        this.request = request;
        this.client = client;
        this.startNanos = plane.time().nanoTime();
    }

    /** {@return what the request is known by} Made when it is first asked for: few ask where a cache answers. */
    String requestId() {
        String known = requestId;
        if (known == null) {
            String given = request.getHeaders().get(Headers.X_REQUEST_ID);
            known = given == null || given.isEmpty() ? RequestIds.next() : given;
            requestId = known;
        }
        return known;
    }

    void service(@Nullable Service routedTo) {
        service = routedTo;
    }

    /** The proxy itself answers. */
    void answered(int code) {
        status = code;
    }

    /** A target has begun to respond: what failed before does not matter. */
    void responseBegun(int code) {
        timeToResponseNanos = elapsedNanos();
        status = code;
        failure = null;
    }

    void failed(@Nullable Throwable cause) {
        failure = String.valueOf(cause);
    }

    /** The client gets nothing, or no more. */
    void lost(Throwable cause, boolean responseCommitted) {
        failure = failure == null ? cause.toString() : failure;
        if (!responseCommitted || status == 0) {
            status = CLIENT_CLOSED_REQUEST;
        }
    }

    /** The request is sent again, after this attempt. */
    void retried(Attempt failed) {
        retries++;
        if (plane.engine().hasListeners()) {
            plane.engine()
                    .retried(new RequestRetry(
                            requestId(),
                            failed.forward().service().name(),
                            failed.forward().slot(),
                            client.method(),
                            client.path(),
                            failed.lease().address(),
                            String.valueOf(failure),
                            retries,
                            Duration.ofNanos(elapsedNanos())));
        }
    }

    /** The request has ended. */
    void ended(
            @Nullable Attempt last,
            @Nullable HeldRequest held,
            Response response,
            long requestBytes,
            long responseBytes) {
        if (plane.engine().hasListeners()) {
            ending(last, held, response).tell(requestBytes, responseBytes);
        }
    }

    /** The cache was asked, and did this. */
    void cached(@Nullable CacheUse use) {
        cached = use;
    }

    /**
     * {@return what tells of the end of a request that the server takes back before} It has asked the request all that there is
     * to be told of it.
     */
    Ending ending(@Nullable Attempt last, @Nullable HeldRequest held, Response response) {
        ReportOptions options =
                service == null ? ReportOptions.defaults() : service.options().reporting();
        String id = requestId();
        String host = client.host();
        String path = client.path();
        String query = client.query();
        String method = request.getMethod();
        String scheme = client.secure() ? "https" : "http";
        String protocol = request.getConnectionMetaData().getProtocol();
        String peer = ForwardedHeaders.peer(request);
        int port = Request.getRemotePort(request);
        int told = RevisedResponse.told(status, response);
        Map<String, String> logged = LoggedHeaders.of(options, request.getHeaders(), response.getHeaders());
        return (requestBytes, responseBytes) -> plane.engine()
                .requestEnded(new RequestSummary(
                        id,
                        service == null ? null : service.name(),
                        last == null ? null : last.lease().address(),
                        method,
                        scheme,
                        host,
                        path,
                        query,
                        protocol,
                        peer,
                        port,
                        told,
                        requestBytes,
                        responseBytes,
                        Duration.ofNanos(elapsedNanos()),
                        timeToResponseNanos < 0 ? null : Duration.ofNanos(timeToResponseNanos),
                        retries,
                        failure,
                        last == null ? null : last.forward().slot(),
                        held == null ? null : held.held(),
                        logged,
                        options.excludedMetricsPaths().contains(path),
                        cached));
    }

    /** Tells of a request's end. */
    interface Ending {
        void tell(long requestBytes, long responseBytes);
    }

    private long elapsedNanos() {
        return plane.time().nanoTime() - startNanos;
    }
}
