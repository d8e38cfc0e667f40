package dev.gapless.proxy.jetty;

import dev.gapless.proxy.HeaderOptions;
import dev.gapless.proxy.ServiceOptions;
import java.util.Optional;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/** What a target is told of the client: what the proxy saw itself, and what it believes of others. */
final class ForwardedHeaders {
    private ForwardedHeaders() {}

    static void add(Request request, ServiceOptions options, String host, HttpFields.Mutable to) {
        HttpFields from = request.getHeaders();
        boolean secure = request.getConnectionMetaData().isSecure();
        String peer = peer(request);
        boolean admitted = options.headers().admits(peer);
        boolean believed = admitted && trusts(options, secure);
        String before = forwardedFor(options.headers(), from, admitted, believed);
        String proto = believed ? from.get(HttpHeader.X_FORWARDED_PROTO) : null;
        String forwardedHost = believed ? from.get(HttpHeader.X_FORWARDED_HOST) : null;
        to.add(HttpHeader.X_FORWARDED_FOR, before == null ? peer : before + ", " + peer);
        to.add(HttpHeader.X_FORWARDED_PROTO, isAbsent(proto) ? (secure ? "https" : "http") : proto);
        to.add(HttpHeader.X_FORWARDED_HOST, isAbsent(forwardedHost) ? host : forwardedHost);
    }

    /** Adds what the target is told of whom the client's request was for, as far as that is the client's word. */
    static void addBelieved(Request request, ServiceOptions options, HttpFields.Mutable to) {
        HttpFields from = request.getHeaders();
        String proto = from.get(HttpHeader.X_FORWARDED_PROTO);
        String host = from.get(HttpHeader.X_FORWARDED_HOST);
        if ((!isAbsent(proto) || !isAbsent(host)) && believes(request, options)) {
            if (!isAbsent(proto)) {
                to.add(HttpHeader.X_FORWARDED_PROTO, proto);
            }
            if (!isAbsent(host)) {
                to.add(HttpHeader.X_FORWARDED_HOST, host);
            }
        }
    }

    /** {@return the scheme that the target is told} */
    static String scheme(Request request, ServiceOptions options) {
        String proto = request.getHeaders().get(HttpHeader.X_FORWARDED_PROTO);
        boolean secure = request.getConnectionMetaData().isSecure();
        if (!isAbsent(proto) && believes(request, options)) {
            secure = proto.equalsIgnoreCase("https") || (secure && !proto.equalsIgnoreCase("http"));
        }
        return secure ? "https" : "http";
    }

    private static boolean believes(Request request, ServiceOptions options) {
        return options.headers().admits(peer(request))
                && trusts(options, request.getConnectionMetaData().isSecure());
    }

    /**
     * Without a word on it a client is believed where a proxy in front is likely. Over TLS none is, and a service on a path
     * may be reached so without saying so itself.
     */
    private static boolean trusts(ServiceOptions options, boolean secure) {
        Optional<Boolean> said = options.headers().trustForwarded();
        if (said.isPresent()) {
            return said.get();
        }
        return !options.headers().trustedRanges().isEmpty() || (!options.tls() && !secure);
    }

    /** {@return the clients and proxies up to the peer, null if there are none to be believed} */
    private static @Nullable String forwardedFor(
            HeaderOptions options, HttpFields from, boolean admitted, boolean believed) {
        if (options.clientIpHeader().isPresent()) {
            return admitted ? said(from, options.clientIpHeader().get()) : null;
        }
        return believed ? said(from, HttpHeader.X_FORWARDED_FOR.asString()) : null;
    }

    private static @Nullable String said(HttpFields from, String name) {
        return Headers.joined(from, name, value -> !value.isBlank());
    }

    private static boolean isAbsent(@Nullable String value) {
        return value == null || value.isBlank();
    }

    /** {@return the address of the other end of the client's connection} */
    static String peer(Request request) {
        return bare(Request.getRemoteAddr(request));
    }

    /** Jetty puts brackets around an IPv6 address, and Java a scope id behind it, which means something on this host only. */
    static String bare(String address) {
        if (!address.startsWith("[")) {
            return address;
        }
        int scope = address.indexOf('%');
        return address.substring(1, scope < 0 ? address.length() - 1 : scope);
    }
}
