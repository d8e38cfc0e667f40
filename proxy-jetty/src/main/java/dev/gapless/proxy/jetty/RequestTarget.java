package dev.gapless.proxy.jetty;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http.HttpVersion;
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

    private RequestTarget() {}

    /**
     * {@return the request with path and query as text, or null if they are not UTF-8} It is the request itself but for an
     * HTTP/2 request with bytes beyond ASCII.
     */
    static @Nullable Request decoded(Request request) {
        HttpURI uri = request.getHttpURI();
        String path = uri.getPath();
        String query = uri.getQuery();
        if (isAscii(path) && isAscii(query)) {
            return request;
        }
        if (request.getConnectionMetaData().getHttpVersion() != HttpVersion.HTTP_2) {
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
}
