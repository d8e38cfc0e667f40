package dev.gapless.proxy.engine;

import dev.gapless.proxy.RequestHead;
import dev.gapless.proxy.ServiceOptions;
import org.jspecify.annotations.Nullable;

/** Settles scheme and canonical host in a single redirect. */
final class Redirects {
    private Redirects() {}

    /** {@return where the client should go instead, or null if it may stay} The port is dropped, path and query are kept. */
    static @Nullable String location(ServiceOptions edge, RequestHead head, String host) {
        boolean toHttps = edge.tls() && edge.redirectToHttps() && !head.secure();
        String canonical = edge.canonicalHost().orElse(host);
        if (!toHttps && canonical.equals(host)) {
            return null;
        }
        String scheme = toHttps || head.secure() ? "https" : "http";
        String path = head.path().equals("*") ? "/" : head.path();
        String query = head.query() == null ? "" : "?" + head.query();
        return scheme + "://" + canonical + path + query;
    }
}
