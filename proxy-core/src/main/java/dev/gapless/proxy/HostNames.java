package dev.gapless.proxy;

import java.net.IDN;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The form in which host names are stored and compared: lower case, ASCII (RFC 5890), without a trailing dot. */
final class HostNames {
    private static final Pattern NAME =
            Pattern.compile("(?:\\*\\.)?[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\\.[a-z0-9_][a-z0-9_-]{0,62})*");
    private static final Pattern IPV6 = Pattern.compile("\\[[0-9a-f:.]+]");
    private static final Pattern HOST_HEADER =
            Pattern.compile("[0-9A-Za-z._-]+(:[0-9]{1,5})?|\\[[0-9A-Fa-f:.]+](:[0-9]{1,5})?");
    private static final int MAX_LENGTH = 253;

    private HostNames() {}

    /** {@return the canonical form of a configured host or {@code *.} wildcard, or throws with the value quoted} */
    static String canonical(String host) {
        String trimmed = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
        String ascii;
        try {
            ascii = IDN.toASCII(trimmed, IDN.ALLOW_UNASSIGNED).toLowerCase(Locale.ROOT);
        } catch (IllegalArgumentException e) {
            throw invalid(host, e);
        }
        boolean valid = ascii.length() <= MAX_LENGTH
                && (NAME.matcher(ascii).matches() || IPV6.matcher(ascii).matches());
        if (!valid) {
            throw invalid(host, null);
        }
        return ascii;
    }

    /** {@return the canonical form of one name, which a wildcard is not} */
    static String canonicalName(String what, String name) {
        if (name.startsWith("*")) {
            throw new IllegalArgumentException(
                    what + " \"" + name + "\" must be one name, for example \"app.internal\", or an address");
        }
        try {
            return canonical(name);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(what + ": " + e.getMessage(), e);
        }
    }

    static String checkHostHeader(String host) {
        if (!HOST_HEADER.matcher(host).matches()) {
            throw new IllegalArgumentException("health check host \"" + host + "\" is not a host or host:port");
        }
        return host;
    }

    private static IllegalArgumentException invalid(String host, @Nullable Throwable cause) {
        return new IllegalArgumentException(
                "host \"" + host + "\" is not a host name; expected for example \"example.com\" or \"*.example.com\", "
                        + "without scheme, port or path",
                cause);
    }
}
