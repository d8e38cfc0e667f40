package dev.gapless.proxy.jetty;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/**
 * Paths and queries with bytes beyond ASCII. Within the proxy they are text, which UTF-8 has made of the client's bytes and
 * makes the target's of; bytes that are not UTF-8 cannot be passed on unchanged and are refused.
 *
 * <p>Jetty reads them as UTF-8 over HTTP/1.1, with a replacement character for what is not, and as one character a byte over
 * HTTP/2; it writes one byte a character.
 */
final class RequestTarget {
    private static final char REPLACEMENT = '\uFFFD';
    private static final String OTHERS_OF_TOKEN = "!#$%&'*+-.^_`|~";

    private RequestTarget() {}

    /**
     * {@return the request with path and query as text, or null if they are not UTF-8, or cannot be part of a request line} It is
     * the request itself but for an HTTP/2 request with bytes beyond ASCII.
     */
    static @Nullable Request decoded(Request request) {
        HttpURI uri = request.getHttpURI();
        String path = uri.getPath();
        String query = uri.getQuery();
        if (isPlain(path) && isPlain(query)) {
            return request;
        }
        if (breaksLine(path) || breaksLine(query)) {
            return null;
        }
        if (ClientRequest.isHttp1(request)) {
            return hasReplacement(path) || hasReplacement(query) ? null : request;
        }
        try {
            HttpURI decoded =
                    HttpURI.from(uri.getScheme(), uri.getHost(), uri.getPort(), text(path), text(query), null);
            return new Request.Wrapper(request) {
                @Override
                public HttpURI getHttpURI() {
                    return decoded;
                }
            };
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    /** Whether it is a method and not the beginning of a line, which over HTTP/2 nobody has looked at (RFC 9110, section 9.1). */
    static boolean isMethod(String method) {
        return HttpMethod.fromString(method) != null || isToken(method);
    }

    /** Whether it is a token of RFC 9110, section 5.6.2. */
    static boolean isToken(String text) {
        return !text.isEmpty() && text.chars().allMatch(RequestTarget::isOfToken);
    }

    private static boolean isOfToken(int c) {
        return c < 0x80 && (Character.isLetterOrDigit(c) || OTHERS_OF_TOKEN.indexOf(c) >= 0);
    }

    /** {@return the text as Jetty's client has to be given it: one character a byte} */
    static String bytes(String text) {
        return isAscii(text) ? text : new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    private static @Nullable String text(@Nullable String bytes) throws CharacterCodingException {
        return bytes == null
                ? null
                : StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(bytes.getBytes(StandardCharsets.ISO_8859_1)))
                        .toString();
    }

    private static boolean hasReplacement(@Nullable String text) {
        return text != null && text.indexOf(REPLACEMENT) >= 0;
    }

    /** Whether it is as a request line should have it: visible ASCII. */
    private static boolean isPlain(@Nullable String text) {
        if (text != null) {
            for (int i = 0; i < text.length(); i++) {
                if (text.charAt(i) <= ' ' || text.charAt(i) >= 0x7f) {
                    return false;
                }
            }
        }
        return true;
    }

    /**
     * Whether a part of it could be taken for the end of the request target, or of the line, where it is one of HTTP/1.1. Over
     * HTTP/2 it comes with its length, so that Jetty lets blanks and some controls through (RFC 9113, section 10.3).
     */
    private static boolean breaksLine(@Nullable String text) {
        return text != null && text.chars().anyMatch(c -> c <= ' ' || c == 0x7f);
    }

    private static boolean isAscii(@Nullable String text) {
        if (text != null) {
            for (int i = 0; i < text.length(); i++) {
                if (text.charAt(i) >= 0x80) {
                    return false;
                }
            }
        }
        return true;
    }

    /**
     * The authority that the request is for, as the client wrote it: of a request in absolute form its own, whatever its
     * Host says (RFC 9112, section 3.2.2).
     */
    static String authority(Request request) {
        String host = request.getHeaders().get(HttpHeader.HOST);
        HttpURI uri = request.getHttpURI();
        String authority = uri.getAuthority();
        if (authority == null) {
            return host == null ? "" : host;
        }
        return host != null && isSame(host, authority, uri.getScheme()) ? host : authority;
    }

    /** Whether the host is the authority but for its case and a port that goes without saying, which Jetty leaves out. */
    private static boolean isSame(String host, String authority, @Nullable String scheme) {
        if (!host.regionMatches(true, 0, authority, 0, authority.length())) {
            return false;
        }
        String rest = host.substring(authority.length());
        return rest.isEmpty() || rest.equals(":") || rest.equals("https".equals(scheme) ? ":443" : ":80");
    }
}
