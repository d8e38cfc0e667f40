package dev.gapless.proxy.cache;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Compares paths with prefixes as routes do: decoded, by whole segments. */
final class PathPrefixes {
    private PathPrefixes() {}

    static boolean isBelow(String path, String decodedPrefix) {
        String prefix =
                decodedPrefix.endsWith("/") ? decodedPrefix.substring(0, decodedPrefix.length() - 1) : decodedPrefix;
        String decoded = decoded(path);
        return decoded.startsWith(prefix)
                && (decoded.length() == prefix.length() || decoded.charAt(prefix.length()) == '/');
    }

    /** What is no percent-encoding stays as it is. */
    static String decoded(String path) {
        if (path.indexOf('%') < 0) {
            return path;
        }
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream decoded = new ByteArrayOutputStream(bytes.length);
        for (int i = 0; i < bytes.length; i++) {
            int value = bytes[i] == '%' && i + 2 < bytes.length ? hex(bytes[i + 1]) * 16 + hex(bytes[i + 2]) : -1;
            decoded.write(value < 0 ? bytes[i] : value);
            i += value < 0 ? 0 : 2;
        }
        return decoded.toString(StandardCharsets.UTF_8);
    }

    /** Far below zero for what is no digit, so that no sum with it is a byte. */
    private static int hex(byte digit) {
        int value = Character.digit((char) digit, 16);
        return value < 0 ? -1000 : value;
    }
}
