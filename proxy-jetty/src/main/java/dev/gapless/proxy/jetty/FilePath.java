package dev.gapless.proxy.jetty;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** The paths of URLs as paths of files, where that is what they can only mean. */
final class FilePath {
    private static final String WELL_KNOWN = ".well-known";

    private FilePath() {}

    /**
     * {@return the path with its encoded bytes decoded, which are UTF-8; null if it does not begin with a slash, or a segment of it
     * is empty, a dot segment, or has a slash, a backslash or a control character}
     */
    static @Nullable String decoded(String raw) {
        String path = raw.indexOf('%') < 0 ? raw : decode(raw);
        return path != null && path.startsWith("/") && isPlain(path) ? path : null;
    }

    private static @Nullable String decode(String raw) {
        ByteBuffer bytes = ByteBuffer.allocate(raw.length() * 3);
        for (int i = 0; i < raw.length(); ) {
            int c = raw.codePointAt(i);
            if (c != '%') {
                bytes.put(Character.toString(c).getBytes(StandardCharsets.UTF_8));
                i += Character.charCount(c);
                continue;
            }
            boolean encoded = i + 2 < raw.length()
                    && HexFormat.isHexDigit(raw.charAt(i + 1))
                    && HexFormat.isHexDigit(raw.charAt(i + 2));
            int value = encoded ? HexFormat.fromHexDigits(raw, i + 1, i + 3) : '/';
            if (value == '/') {
                return null; // A separator that is none.
            }
            bytes.put((byte) value);
            i += 3;
        }
        return text(bytes.flip());
    }

    private static @Nullable String text(ByteBuffer bytes) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    private static boolean isPlain(String path) {
        int begin = 1;
        for (int i = 1; i <= path.length(); i++) {
            char c = i == path.length() ? '/' : path.charAt(i);
            if (c < ' ' || (c >= 0x7f && c < 0xa0) || c == '\\') {
                return false;
            }
            if (c == '/') {
                String segment = path.substring(begin, i);
                if (segment.isEmpty() || segment.equals(".") || segment.equals("..")) {
                    return false;
                }
                begin = i + 1;
            }
        }
        return true;
    }

    /** Whether a segment begins with a dot, as {@code .env} and {@code .git} do, which are not for everybody. */
    static boolean isHidden(String path) {
        for (int i = path.indexOf("/."); i >= 0; i = path.indexOf("/.", i + 1)) {
            int end = path.indexOf('/', i + 1);
            if (!path.substring(i + 1, end < 0 ? path.length() : end).equals(WELL_KNOWN)) {
                return true;
            }
        }
        return false;
    }

    /** {@return what follows a prefix of whole segments, without a slash at its beginning; null if the path has another} */
    static @Nullable String after(String prefix, String path) {
        if (prefix.equals("/")) {
            return path.substring(1);
        }
        boolean below =
                path.startsWith(prefix) && path.length() > prefix.length() && path.charAt(prefix.length()) == '/';
        return below ? path.substring(prefix.length() + 1) : null;
    }

    /** {@return a field's value as text, whose characters are bytes of UTF-8; null if they are not} */
    static @Nullable String ofField(String value) {
        return value.chars().anyMatch(c -> c > 0xff)
                ? value
                : text(ByteBuffer.wrap(value.getBytes(StandardCharsets.ISO_8859_1)));
    }
}
