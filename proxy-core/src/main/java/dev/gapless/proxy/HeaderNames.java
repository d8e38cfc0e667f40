package dev.gapless.proxy;

import java.util.Locale;

/** What may stand in a header field; each message quotes what may not. */
final class HeaderNames {
    private static final String SPECIAL_TOKEN_CHARACTERS = "!#$%&'*+-.^_`|~";

    private HeaderNames() {}

    /** A token of RFC 9110, section 5.6.2. */
    static String check(String what, String name) {
        if (name.isEmpty() || !name.chars().allMatch(HeaderNames::isTokenCharacter)) {
            throw new IllegalArgumentException(what + " \"" + name
                    + "\" is not for a header name; expected letters, digits or any of " + SPECIAL_TOKEN_CHARACTERS);
        }
        return name;
    }

    private static boolean isTokenCharacter(int c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || SPECIAL_TOKEN_CHARACTERS.indexOf(c) >= 0;
    }

    /** A field value of RFC 9110, section 5.5: each character is sent as one byte. */
    static String checkValue(String name, String value) {
        boolean sendable = value.chars().allMatch(c -> c == '\t' || (c >= ' ' && c != 0x7F && c <= 0xFF));
        if (!sendable || !value.strip().equals(value)) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT,
                    "value \"%s\" of header \"%s\" must have no line breaks or other control characters, no characters "
                            + "beyond U+00FF and no blanks around it",
                    value,
                    name));
        }
        return value;
    }
}
