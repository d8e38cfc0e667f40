package dev.gapless.proxy;

import org.jspecify.annotations.Nullable;

/** Reads the {@code Cookie} header field (RFC 6265, section 4.2.1). */
final class Cookies {
    private Cookies() {}

    /** {@return the value of the first cookie of the name, or null} */
    static @Nullable String value(String header, String name) {
        int begin = 0;
        int equals = header.indexOf('=');
        while (equals >= 0) {
            int semicolon = header.indexOf(';', begin);
            int end = semicolon < 0 ? header.length() : semicolon;
            if (equals < end && header.substring(begin, equals).strip().equals(name)) {
                return unquoted(header.substring(equals + 1, end).strip());
            }
            begin = end + 1;
            // Not again from each cookie: that would take the square of the length of a field without one.
            if (equals < begin) {
                equals = header.indexOf('=', begin);
            }
        }
        return null;
    }

    private static String unquoted(String value) {
        boolean quoted = value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"");
        return quoted ? value.substring(1, value.length() - 1) : value;
    }
}
