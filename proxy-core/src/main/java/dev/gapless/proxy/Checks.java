package dev.gapless.proxy;

import java.time.Duration;
import java.util.Locale;

/** Validation shared by the builders: each message quotes the value and says what would be accepted. */
final class Checks {
    private Checks() {}

    static Duration positive(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(name + " " + value + " must be longer than zero");
        }
        return nanosFit(name, value);
    }

    static Duration notNegative(String name, Duration value) {
        if (value.isNegative()) {
            throw new IllegalArgumentException(name + " " + value + " must not be negative");
        }
        return nanosFit(name, value);
    }

    static int positive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " " + value + " must be at least 1");
        }
        return value;
    }

    static long positive(String name, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " " + value + " must be at least 1");
        }
        return value;
    }

    static int notNegative(String name, int value) {
        if (value < 0) {
            throw new IllegalArgumentException(name + " " + value + " must not be negative");
        }
        return value;
    }

    static long notNegative(String name, long value) {
        if (value < 0) {
            throw new IllegalArgumentException(name + " " + value + " must not be negative");
        }
        return value;
    }

    static int port(String name, int value) {
        if (value < 1 || value > 65_535) {
            throw new IllegalArgumentException(name + " " + value + " is outside 1 to 65535");
        }
        return value;
    }

    static String serviceName(String value) {
        if (value.isBlank() || value.chars().anyMatch(c -> c < ' ' || c == 0x7F)) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT, "service name \"%s\" must have a visible character and no control ones", value));
        }
        return value;
    }

    /** A name of a cookie or header field: a token of RFC 9110, section 5.6.2. */
    static String token(String name, String value) {
        boolean token = !value.isEmpty()
                && value.chars().allMatch(c -> c > ' ' && c < 0x7F && "\"(),/:;<=>?@[\\]{}".indexOf(c) < 0);
        if (!token) {
            throw new IllegalArgumentException(
                    name + " \"" + value + "\" must have only letters, digits and !#$%&'*+-.^_`|~");
        }
        return value;
    }

    /** A path that can be sent as it stands: the origin form of RFC 9112, section 3.2.1. */
    static String requestTarget(String name, String value) {
        boolean sendable = value.startsWith("/") && value.chars().allMatch(c -> c > ' ' && c < 0x7F && c != '#');
        if (!sendable) {
            throw new IllegalArgumentException(
                    name + " \"" + value + "\" must start with \"/\" and have only visible ASCII characters but \"#\"");
        }
        return value;
    }

    /** Durations are counted in nanoseconds inside, which fit into a long for 292 years. */
    private static Duration nanosFit(String name, Duration value) {
        if (value.compareTo(Duration.ofDays(36_500)) > 0) {
            throw new IllegalArgumentException(name + " " + value + " must be shorter than 100 years");
        }
        return value;
    }
}
