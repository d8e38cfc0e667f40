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
record ForwardedHead(
        String method,
        boolean secure,
        String host,
        String path,
        @Nullable String query,
        String remoteAddress,
        HttpFields fields)
        implements RequestHead {
    /** {@return what the cache is asked} The key has the URL as the target is told it. */
    static CacheRequest ask(Request request, ClientRequest client, Decision.Admit admitted, Encoders encoders) {
        ServiceOptions options = admitted.service().options();
        CacheKey key = CacheKey.of(
                admitted.service().name(),
                ForwardedHeaders.scheme(request, options),
                RequestTarget.authority(request),
                admitted.path(),
                client.query());
        ForwardedHead head = new ForwardedHead(
                client.method(),
                client.secure(),
                client.host(),
                client.path(),
                client.query(),
                client.remoteAddress(),
                fields(request, client, admitted.edge(), options, encoders));
        return new CacheRequest(head, key, options.cache().orElseThrow(), admitted.generation());
    }

    private static HttpFields fields(
            Request request, ClientRequest client, ServiceOptions edge, ServiceOptions options, Encoders encoders) {
        HttpFields.Mutable fields = HttpFields.build();
        Headers.copyRequest(request.getHeaders(), fields);
        CompressionRules.accept(options, encoders, client, request, fields);
        ForwardedHeaders.addBelieved(request, options, fields);
        ClientSubject.tell(request, edge, fields);
        Headers.apply(options.headers().requestRules(), fields);
        return fields;
    }

    @Override
    public @Nullable String header(String name) {
        return Headers.joined(fields, name);
    }
}
