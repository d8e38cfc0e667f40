package dev.gapless.proxy.engine;

import dev.gapless.proxy.RequestHead;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The path of a request, decoded for comparison with prefixes while each decoded character remembers which of the client's
 * bytes it came from, so that what is left after a prefix can be forwarded as the client wrote it.
 *
 * <p>Decoded paths and prefixes are compared in a form with one character a byte (UTF-8), the <em>key</em>. An encoded
 * slash is no path separator (RFC 3986, section 2.2): a character that no byte has stands for it.
 */
final class RequestPath {
    private static final char ENCODED_SLASH = 0x100 + '/';

    private final String raw;
    private final String key;
    /** For each character of the key where it begins in the raw path; null if both are the same. */
    private final int @Nullable [] origins;

    private RequestPath(String raw, String key, int @Nullable [] origins) {
        this.raw = raw;
        this.key = key;
        this.origins = origins;
    }

    /** {@return the path that a request is routed by; a request for the server as a whole is one for the root} */
    static RequestPath ofRequest(RequestHead head) {
        return of(head.path().equals("*") ? "/" : head.path());
    }

    static RequestPath of(String raw) {
        if (isPlain(raw)) {
            return new RequestPath(raw, raw, null);
        }
        return decode(raw);
    }

    /** {@return the form in which a configured (decoded) prefix is compared} */
    static String prefixKey(String prefix) {
        return new String(prefix.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    String key() {
        return key;
    }

    /** Whether the prefix takes this path: it is the whole of it, or ends where a segment ends. */
    boolean startsWith(String prefix) {
        return key.startsWith(prefix)
                && (prefix.length() == key.length() || prefix.equals("/") || key.charAt(prefix.length()) == '/');
    }

    /** {@return the client's own bytes after the prefix; a slash if nothing is left} */
    String after(String prefix) {
        if (prefix.equals("/")) {
            return raw;
        }
        if (prefix.length() == key.length()) {
            return "/";
        }
        return raw.substring(origins == null ? prefix.length() : origins[prefix.length()]);
    }

    /**
     * Whether dot segments lead out of the prefix, for whichever reading of the path a target may have: encoded dots count
     * as plain ones and {@code ..;x} as a dot segment, encoded slashes and backslashes as separators or as part of a name.
     */
    boolean escapes(String prefix) {
        if (origins == null) {
            return false;
        }
        String rest = key.substring(prefix.equals("/") ? 0 : prefix.length());
        return leadsOut(rest)
                || leadsOut(rest.replace('\\', '/'))
                || leadsOut(rest.replace(ENCODED_SLASH, '/'))
                || leadsOut(rest.replace(ENCODED_SLASH, '/').replace('\\', '/'));
    }

    private static boolean leadsOut(String path) {
        int depth = 0;
        for (String segment : path.split("/", -1)) {
            int parameter = segment.indexOf(';');
            String name = parameter < 0 ? segment : segment.substring(0, parameter);
            if (name.equals("..")) {
                depth--;
            } else if (!name.isEmpty() && !name.equals(".")) {
                depth++;
            }
            if (depth < 0) {
                return true;
            }
        }
        return false;
    }

    /** Nothing to decode and no dot segment: what nearly every path is. */
    private static boolean isPlain(String raw) {
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c == '%' || c == '\\' || c >= 0x80 || (c == '.' && i > 0 && raw.charAt(i - 1) == '/')) {
                return false;
            }
        }
        return true;
    }

    private static RequestPath decode(String raw) {
        StringBuilder key = new StringBuilder(raw.length());
        int[] origins = new int[raw.length() * 4];
        int i = 0;
        while (i < raw.length()) {
            int begin = i;
            int decoded = percentEncoded(raw, i);
            String bytes;
            if (decoded == '/') {
                bytes = String.valueOf(ENCODED_SLASH);
                i += 3;
            } else if (decoded >= 0) {
                bytes = String.valueOf((char) decoded);
                i += 3;
            } else {
                int codePoint = raw.codePointAt(i);
                bytes = codePoint < 0x80 ? String.valueOf((char) codePoint) : prefixKey(Character.toString(codePoint));
                i += Character.charCount(codePoint);
            }
            for (int b = 0; b < bytes.length(); b++) {
                origins[key.length() + b] = begin;
            }
            key.append(bytes);
        }
        return new RequestPath(raw, key.toString(), origins);
    }

    /** {@return the byte that {@code %XX} at the index stands for, or -1 if that is not there} */
    private static int percentEncoded(String raw, int index) {
        if (raw.charAt(index) != '%' || index + 2 >= raw.length()) {
            return -1;
        }
        char high = raw.charAt(index + 1);
        char low = raw.charAt(index + 2);
        boolean digits = HexFormat.isHexDigit(high) && HexFormat.isHexDigit(low);
        return digits ? HexFormat.fromHexDigit(high) << 4 | HexFormat.fromHexDigit(low) : -1;
    }
}
