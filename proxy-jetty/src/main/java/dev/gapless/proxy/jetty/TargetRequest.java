package dev.gapless.proxy.jetty;

import java.net.URI;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.transport.HttpConversation;
import org.eclipse.jetty.client.transport.HttpDestination;
import org.eclipse.jetty.client.transport.HttpExchange;
import org.eclipse.jetty.client.transport.HttpRequest;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.Promise;
import org.jspecify.annotations.Nullable;

/**
 * A request to a target whose path and query are the bytes that the client sent. The client's own {@link HttpRequest} takes
 * them apart with {@link URI}, which refuses some that real clients send and changes others.
 *
 * <p>Whom it is for stands in its Host, which goes to {@code :authority} over HTTP/2 (RFC 9113, section 8.3.1).
 */
final class TargetRequest extends HttpRequest {
    /** The superclass wants a URI with a host; where the request goes is decided by the destination that it is sent to. */
    private static final URI ANY = URI.create("http://target/");

    /** Of a field over HTTP/1.1, besides its name and value. */
    private static final int FIELD_OVERHEAD_BYTES = 4;

    private final String method;
    private final String path;
    private final @Nullable String query;
    private @Nullable String authority;
    private @Nullable Supplier<@Nullable HttpFields> trailersAfterLength;
    private volatile @Nullable Http2Progress http2;

    TargetRequest(HttpClient client, String method, String path, @Nullable String query) {
        super(client, new AbortableOnceSent(), ANY);
        this.method = method; // The superclass would write it in capitals, which makes another of it.
        this.path = RequestTarget.bytes(path);
        this.query = query == null ? null : RequestTarget.bytes(query);
        version(HttpVersion.HTTP_1_1);
    }

    /** Sends itself. Until that is done it cannot be aborted, and then it is if it was to be meanwhile. */
    void sendTo(HttpDestination destination, Response.CompleteListener listener) {
        destination.send(this, listener);
        ((AbortableOnceSent) getConversation()).open = true;
        abortIfMissed();
    }

    /** Tells the exchange of an abort that it has not heard of; to one that has, or has ended, this is no news. */
    void abortIfMissed() {
        Throwable reason = getAbortCause();
        if (reason != null) {
            exchange().abort(reason, Promise.noop());
        }
    }

    /** {@return where it has been sent} */
    HttpDestination destination() {
        return exchange().getHttpDestination();
    }

    /** {@return its present exchange with the target} */
    HttpExchange exchange() {
        return Objects.requireNonNull(getConversation().getExchanges().peekLast());
    }

    /** {@return the HTTP/1.1 connection that a response comes over; null if it is another's} */
    static @Nullable EndPoint connection(Response response) {
        HttpRequest request = (HttpRequest) response.getRequest();
        return (EndPoint) request.getConversation().getAttribute(EndPoint.class.getName());
    }

    /** Sets what may follow a body with a length: over HTTP/1.1, where only chunks may be followed, it is not asked. */
    void trailersAfterLength(Supplier<@Nullable HttpFields> trailers) {
        trailersAfterLength = trailers;
    }

    /** It is about to be sent over HTTP/2. */
    void useHttp2(SharedConnectionPool.Shared connection) {
        Supplier<@Nullable HttpFields> afterLength = trailersAfterLength;
        http2 = new Http2Progress(afterLength == null ? super.getTrailersSupplier() : afterLength, connection);
        headers(fields -> {
            String host = authority == null ? fields.get(HttpHeader.HOST) : authority;
            authority = host == null || host.isEmpty()
                    ? destination().getHostField().getValue()
                    : host;
            fields.remove(HttpHeader.HOST);
        });
    }

    /** It is about to be sent over HTTP/1.1, maybe after an HTTP/2 connection would not have it. */
    void useHttp1() {
        String host = authority;
        http2 = null;
        if (host != null) {
            headers(fields -> fields.put(HttpHeader.HOST, host));
        }
    }

    /** Jetty's client declares the length of a body that it can tell, which that of a call by gRPC does not have. */
    @Override
    public HttpRequest addHeader(HttpField field) {
        boolean invented =
                http2 != null && field.getHeader() == HttpHeader.CONTENT_LENGTH && BufferingRules.isGrpc(getHeaders());
        return invented ? this : super.addHeader(field);
    }

    /** {@return how it fares over HTTP/2, null over HTTP/1.1} */
    @Nullable
    Http2Progress http2() {
        return http2;
    }

    /** A target that has not said anything at all meanwhile, to anyone on this connection, may not be there any more. */
    @Override
    public CompletableFuture<Boolean> abort(Throwable cause) {
        Http2Progress progress = http2;
        if (progress != null && cause instanceof Attempt.ResponseTimeoutException) {
            progress.timeIsOver();
        }
        return super.abort(cause);
    }

    /** Whether a response's head is longer than it may be, where Jetty's client does not see to that: over HTTP/2. */
    boolean isTooLong(HttpFields head) {
        if (http2 == null) {
            return false;
        }
        return Headers.bytes(head, FIELD_OVERHEAD_BYTES)
                > destination().getHttpClient().getMaxResponseHeadersSize();
    }

    @Override
    public String getMethod() {
        return method;
    }

    @Override
    public String getPath() {
        return path;
    }

    @Override
    public @Nullable String getQuery() {
        return query;
    }

    @Override
    public @Nullable URI getURI() {
        return null;
    }

    /** What is known of the connection, as whoever makes the request's URI of it asks. */
    @Override
    public String getScheme() {
        return http2 == null ? super.getScheme() : destination().getScheme();
    }

    /** The whole authority, port and all, byte for byte as the client wrote it. */
    @Override
    public String getHost() {
        String whole = authority;
        return http2 == null || whole == null ? super.getHost() : whole;
    }

    @Override
    public int getPort() {
        return http2 == null ? super.getPort() : -1;
    }

    /** Of all that a request has, this comes through to where its frames are seen. */
    @Override
    public @Nullable Supplier<HttpFields> getTrailersSupplier() {
        Http2Progress progress = http2;
        return progress == null ? super.getTrailersSupplier() : progress;
    }

    /**
     * Keeps whoever aborts a request away while it is being sent: Jetty would abort an exchange that has no listeners yet, and
     * nobody would ever hear of its end.
     */
    private static final class AbortableOnceSent extends HttpConversation {
        private volatile boolean open;

        @Override
        public void abort(Throwable cause, Promise<Boolean> promise) {
            if (open) {
                super.abort(cause, promise);
            } else {
                promise.succeeded(false);
            }
        }
    }
}
