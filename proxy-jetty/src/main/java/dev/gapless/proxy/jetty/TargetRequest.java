package dev.gapless.proxy.jetty;

import java.net.URI;
import java.util.Objects;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.transport.HttpConversation;
import org.eclipse.jetty.client.transport.HttpDestination;
import org.eclipse.jetty.client.transport.HttpExchange;
import org.eclipse.jetty.client.transport.HttpRequest;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.EndPoint;
import org.jspecify.annotations.Nullable;

/**
 * A request to a target whose path and query are the bytes that the client sent. The client's own {@link HttpRequest} takes
 * them apart with {@link URI}, which refuses some that real clients send and changes others.
 */
final class TargetRequest extends HttpRequest {
    /** The superclass wants a URI with a host; where the request goes is decided by the destination that it is sent to. */
    private static final URI ANY = URI.create("http://target/");

    private final String path;
    private final @Nullable String query;

    TargetRequest(HttpClient client, String method, String path, @Nullable String query) {
        super(client, new HttpConversation(), ANY);
        this.path = RequestTarget.bytes(path);
        this.query = query == null ? null : RequestTarget.bytes(query);
        method(method);
        version(HttpVersion.HTTP_1_1);
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
}
