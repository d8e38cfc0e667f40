package dev.gapless.proxy.jetty;

import dev.gapless.proxy.CompressionOptions;
import dev.gapless.proxy.ContentCoding;
import dev.gapless.proxy.ServiceOptions;
import java.util.Locale;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpHeaderValue;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/** Which responses are compressed, and for whom. */
final class CompressionRules {
    private static final String NO_TRANSFORM = "no-transform";

    private CompressionRules() {}

    /** Whether what becomes of bodies is a matter of the two sides alone: of a conversation, or because the client says so. */
    static boolean leavesAlone(ClientRequest client, Request request) {
        return BufferingRules.isConversation(client, request.getHeaders())
                || request.getHeaders().contains(HttpHeader.CACHE_CONTROL, NO_TRANSFORM);
    }

    /**
     * {@return the coding that a client gets, null for none} To HTTP/1.0 the end of such a body would be that of the connection.
     */
    static @Nullable ContentCoding coding(CompressionOptions options, Encoders encoders, Request request) {
        return request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_1_0
                        || (!options.authenticated() && isAuthenticated(request))
                ? null
                : AcceptedCodings.preferred(request.getHeaders(), encoders.among(options.codings()));
    }

    /** Whether who asks may be known: by what the client has sent, though a filter keeps it, or by what one says in its place. */
    private static boolean isAuthenticated(Request request) {
        return hasCredentials(request.getHeaders())
                || hasCredentials(Request.unWrap(request).getHeaders());
    }

    private static boolean hasCredentials(HttpFields head) {
        return head.contains(HttpHeader.AUTHORIZATION) || head.contains(HttpHeader.COOKIE);
    }

    /**
     * Says in a request to a target what it is to accept. A target that compresses by itself gets to know of the coding that the
     * client gets, so that of one response there are few variants; but where a service is cached of none, so that there is one,
     * from which all clients are answered, whatever they accept.
     */
    static void accept(
            ServiceOptions service, Encoders encoders, ClientRequest client, Request request, HttpFields.Mutable to) {
        CompressionOptions options = service.compression().orElse(null);
        if (options == null || leavesAlone(client, request)) {
            return;
        }
        boolean stored = service.cache().isPresent()
                && (HttpMethod.GET.is(client.method()) || HttpMethod.HEAD.is(client.method()));
        ContentCoding coding = stored ? null : coding(options, encoders, request);
        if (coding != null && isContinuedByDate(request.getHeaders())) {
            to.remove(HttpHeader.RANGE).remove(HttpHeader.IF_RANGE);
        }
        to.put(HttpHeader.ACCEPT_ENCODING, coding == null ? HttpHeaderValue.IDENTITY.asString() : coding.token());
    }

    /** A date does not tell what a client has in a coding, which the proxy may have made, from what a target has a part of. */
    private static boolean isContinuedByDate(HttpFields head) {
        String version = head.get(HttpHeader.IF_RANGE);
        return version != null && !version.startsWith("\"") && !version.startsWith("W/");
    }

    /**
     * Whether a response to the request is one thing or another depending on what the client accepts: it, or, for one that speaks
     * of a part of another or of none (206, 304), that other.
     */
    static boolean varies(CompressionOptions options, int status, HttpFields head) {
        boolean mayHaveBody = status >= HttpStatus.OK_200
                && status != HttpStatus.NO_CONTENT_204
                && status != HttpStatus.RESET_CONTENT_205;
        return mayHaveBody
                && !head.contains(HttpHeader.CONTENT_ENCODING)
                && !head.contains(HttpHeader.CACHE_CONTROL, NO_TRANSFORM)
                && hasType(options, status, head)
                && (speaksOfOther(status, head) || !isShort(options, head));
    }

    /** Whether the response is about another one, which would be whole. */
    static boolean speaksOfOther(int status, HttpFields head) {
        return status == HttpStatus.PARTIAL_CONTENT_206
                || status == HttpStatus.NOT_MODIFIED_304
                || head.contains(HttpHeader.CONTENT_RANGE);
    }

    private static boolean isShort(CompressionOptions options, HttpFields head) {
        long length = head.getLongField(HttpHeader.CONTENT_LENGTH);
        return length >= 0 && length < Math.max(1, options.minBytes());
    }

    /** A 304 need not repeat the type (RFC 9110, section 15.4.5). */
    private static boolean hasType(CompressionOptions options, int status, HttpFields head) {
        String field = head.get(HttpHeader.CONTENT_TYPE);
        if (field == null) {
            return status == HttpStatus.NOT_MODIFIED_304;
        }
        int semicolon = field.indexOf(';');
        String type =
                (semicolon < 0 ? field : field.substring(0, semicolon)).strip().toLowerCase(Locale.ROOT);
        if (BufferingRules.isMessages(head)) {
            return false;
        }
        for (String known : options.types()) {
            if (matches(known, type)) {
                return true;
            }
        }
        return false;
    }

    private static boolean matches(String known, String type) {
        if (known.startsWith("*+")) {
            return type.endsWith(known.substring(1));
        }
        return known.endsWith("/*") ? type.startsWith(known.substring(0, known.length() - 1)) : type.equals(known);
    }

    /** Says that the response depends on what the client accepts, unless it says so already. */
    static void vary(HttpFields.Mutable head) {
        if (!head.contains(HttpHeader.VARY, "*")
                && !head.contains(HttpHeader.VARY, HttpHeader.ACCEPT_ENCODING.asString())) {
            head.add(HttpHeader.VARY, HttpHeader.ACCEPT_ENCODING.asString());
        }
    }

    /** Makes the head of a response that of the same with its body encoded. */
    static void encode(ContentCoding coding, HttpFields.Mutable head) {
        head.put(HttpHeader.CONTENT_ENCODING, coding.token());
        head.remove(HttpHeader.CONTENT_LENGTH);
        head.remove(HttpHeader.ACCEPT_RANGES); // The target's ranges are those of other bytes.
        removeDigests(head);
        weaken(head);
    }

    /** Removes what is said of the bytes of a body that has others now (RFC 9530), in a head or in trailers. */
    static void removeDigests(HttpFields.Mutable fields) {
        fields.remove("Content-Digest");
        fields.remove("Repr-Digest");
        fields.remove("Digest");
        fields.remove(HttpHeader.CONTENT_MD5);
    }

    /** The same tag is that of the body as it was (RFC 9110, section 8.8.3.3); what is no tag cannot be told apart. */
    private static void weaken(HttpFields.Mutable head) {
        String tag = head.get(HttpHeader.ETAG);
        if (tag != null && tag.startsWith("\"")) {
            head.put(HttpHeader.ETAG, "W/" + tag);
        } else if (tag != null && !tag.startsWith("W/")) {
            head.remove(HttpHeader.ETAG);
        }
    }

    /** Has a 304 name the tag as the client knows it, if it has the response with its body encoded. */
    static void weakenAsAsked(HttpFields asked, HttpFields.Mutable head) {
        String tag = head.get(HttpHeader.ETAG);
        if (tag != null && tag.startsWith("\"")) {
            String weak = "W/" + tag;
            for (HttpField field : asked) {
                if (field.is("If-None-Match")
                        && field.getValue() != null
                        && field.getValue().contains(weak)) {
                    head.put(HttpHeader.ETAG, weak);
                    return;
                }
            }
        }
    }
}
