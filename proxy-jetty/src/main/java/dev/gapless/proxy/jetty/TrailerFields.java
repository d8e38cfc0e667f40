package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ClientCertificates;
import dev.gapless.proxy.HeaderOptions;
import dev.gapless.proxy.HeaderRules;
import dev.gapless.proxy.engine.Decision;
import java.util.Iterator;
import java.util.Locale;
import java.util.Set;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.jspecify.annotations.Nullable;

/**
 * Which trailers go on to the other side. Some recipients merge them into the head: those must not get from there what has to be
 * known before the content (RFC 9110, section 6.5.1), nor what the proxy itself sets or takes away in a head. As some make variables
 * of fields, an underscore counts as a hyphen.
 */
final class TrailerFields {
    private static final Set<String> OF_HEAD = Set.of(
            // Framing and routing.
            "content-length",
            "host",
            "trailer",
            // Modifiers of requests.
            "cache-control",
            "expect",
            "if-match",
            "if-modified-since",
            "if-none-match",
            "if-range",
            "if-unmodified-since",
            "max-forwards",
            "pragma",
            "range",
            // Who someone is. Authentication-Info may be a trailer (RFC 9110, section 11.6.3).
            "authorization",
            "cookie",
            "set-cookie",
            "www-authenticate",
            // Control of responses.
            "age",
            "date",
            "expires",
            "location",
            "retry-after",
            "vary",
            // How content is read.
            "content-encoding",
            "content-range",
            "content-type");

    /** What the proxy says itself, or hears. */
    private static final Set<String> OF_PROXY = Set.of(
            "accept-encoding",
            "forwarded",
            "http2-settings",
            canonical(Hops.HEADER),
            canonical(Headers.X_KAMAL_TARGET),
            canonical(Headers.X_REQUEST_ID),
            canonical(Headers.X_REQUEST_START),
            canonical(WriterAffinity.X_WRITER_AFFINITY));

    private static final String X_FORWARDED = "x-forwarded-";
    private static final String X_SENDFILE = canonical(NamedFile.X_SENDFILE);

    private TrailerFields() {}

    /**
     * {@return those that go on, whatever the options of a service are, or null if none do}
     *
     * @param head that of the same message, whose {@code Connection} may name more that are of one connection
     */
    static @Nullable HttpFields endToEnd(@Nullable HttpFields trailers, HttpFields head) {
        if (trailers == null) {
            return null;
        }
        Set<String> named = Headers.namedByConnection(head);
        HttpFields.Mutable kept = HttpFields.build();
        for (HttpField field : trailers) {
            if (!Headers.isHopByHop(field, named) && !isOfHead(canonical(field.getName()))) {
                kept.add(field);
            }
        }
        return unlessEmpty(kept);
    }

    private static boolean isOfHead(String name) {
        return OF_HEAD.contains(name)
                || OF_PROXY.contains(name)
                || Headers.isHopByHop(new HttpField(name, ""), null)
                || name.startsWith(X_FORWARDED)
                || name.startsWith(NamedFile.X_ACCEL)
                || name.startsWith(X_SENDFILE);
    }

    /** {@return those of them that a target gets: not what its service's options have the proxy say in the head} */
    static @Nullable HttpFields toTarget(@Nullable HttpFields trailers, Decision.Forward forward) {
        if (trailers == null) {
            return null;
        }
        HttpFields.Mutable kept = HttpFields.build(trailers);
        HeaderOptions options = forward.service().options().headers();
        options.clientIpHeader().ifPresent(name -> remove(name, kept));
        forward.edge()
                .tlsOptions()
                .clientCertificates()
                .map(ClientCertificates::subjectHeader)
                .ifPresent(name -> remove(name, kept));
        removeRuled(options.requestRules(), kept);
        return unlessEmpty(kept);
    }

    /** {@return those of them that a client gets: not what the rules of the service have the proxy say in the head} */
    static @Nullable HttpFields toClient(@Nullable HttpFields trailers, HeaderOptions options) {
        if (trailers == null || options.responseRules().isEmpty()) {
            return trailers;
        }
        HttpFields.Mutable kept = HttpFields.build(trailers);
        removeRuled(options.responseRules(), kept);
        return unlessEmpty(kept);
    }

    private static void removeRuled(HeaderRules rules, HttpFields.Mutable from) {
        for (HeaderRules.Rule rule : rules.rules()) {
            if (rule.action() != HeaderRules.Action.ADD) {
                remove(rule.name(), from);
            }
        }
    }

    private static void remove(String name, HttpFields.Mutable from) {
        String canonical = canonical(name);
        for (Iterator<HttpField> fields = from.iterator(); fields.hasNext(); ) {
            if (canonical(fields.next().getName()).equals(canonical)) {
                fields.remove();
            }
        }
    }

    private static @Nullable HttpFields unlessEmpty(HttpFields kept) {
        return kept.size() == 0 ? null : kept;
    }

    private static String canonical(String name) {
        return name.toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
