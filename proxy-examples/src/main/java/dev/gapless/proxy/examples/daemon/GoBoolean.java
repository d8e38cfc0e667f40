package dev.gapless.proxy.examples.daemon;

import java.util.Set;

/** Booleans as Go reads them. */
final class GoBoolean {
    private static final Set<String> TRUE = Set.of("1", "t", "T", "true", "TRUE", "True");
    private static final Set<String> FALSE = Set.of("0", "f", "F", "false", "FALSE", "False");

    private GoBoolean() {}

    /** Reads a boolean, or throws an {@link IllegalArgumentException} that quotes it. */
    static boolean parse(String text) {
        if (TRUE.contains(text)) {
            return true;
        }
        if (FALSE.contains(text)) {
            return false;
        }
        throw new IllegalArgumentException("\"" + text + "\" is not a boolean; expected true or false");
    }
}
