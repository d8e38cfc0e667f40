package dev.gapless.proxy.jetty;

import dev.gapless.proxy.RequestHead;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.cache.CacheKey;
import dev.gapless.proxy.cache.CacheRequest;
import dev.gapless.proxy.engine.Decision;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/**
 * The head of a request as its target gets it, but for what the proxy writes for each client: what the cache goes by. A copy, as
 * the cache may need it when the client has long gone.
 */
final class ForwardedHead implements RequestHead {
    private final String method;
    private final boolean secure;
    private final String host;
    private final String path;
    private final @Nullable String query;
    private final String remoteAddress;
    private final HttpFields fields;

    private ForwardedHead(ClientRequest client, HttpFields fields) {
        this.method = client.method();
        this.secure = client.secure();
        this.host = client.host();
        this.path = client.path();
        this.query = client.query();
        this.remoteAddress = client.remoteAddress();
        this.fields = fields;
    }

    /** {@return what the cache is asked} The key has the URL as the target is told it. */
    static CacheRequest ask(Request request, ClientRequest client, Decision.Admit admitted) {
        ServiceOptions options = admitted.service().options();
        CacheKey key = CacheKey.of(
                admitted.service().name(),
                ForwardedHeaders.scheme(request, options),
                RequestTarget.authority(request),
                admitted.path(),
                client.query());
        ForwardedHead head = new ForwardedHead(client, fields(request, admitted.edge(), options));
        return new CacheRequest(head, key, options.cache().orElseThrow(), admitted.generation());
    }

    private static HttpFields fields(Request request, ServiceOptions edge, ServiceOptions options) {
        HttpFields.Mutable fields = HttpFields.build();
        Headers.copyRequest(request.getHeaders(), fields);
        ForwardedHeaders.addBelieved(request, options, fields);
        ClientSubject.tell(request, edge, fields);
        Headers.apply(options.headers().requestRules(), fields);
        return fields;
    }

    @Override
    public String method() {
        return method;
    }

    @Override
    public boolean secure() {
        return secure;
    }

    @Override
    public String host() {
        return host;
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public @Nullable String query() {
        return query;
    }

    @Override
    public @Nullable String header(String name) {
        return Headers.joined(fields, name);
    }

    @Override
    public String remoteAddress() {
        return remoteAddress;
    }
}
