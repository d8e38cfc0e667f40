package dev.gapless.proxy.cache;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a Dictionary of Structured Fields (RFC 8941, section 4.2.2): strictly, as it says, the whole field or nothing. Values are
 * a {@link Long}, a {@link String}, a {@link Boolean}, or {@link #OTHER}; parameters are read and left out.
 */
final class StructuredDictionary {
    /** A value of any other type. */
    static final Object OTHER = new Object();

    private static final class MalformedException extends Exception {}

    private final String text;
    private int at;

    private StructuredDictionary(String text) {
        this.text = text;
    }

    /** {@return the members; or null if the text is no dictionary, or an empty one} */
    static @Nullable Map<String, Object> parse(String text) {
        try {
            Map<String, Object> members = new StructuredDictionary(text).members();
            return members.isEmpty() ? null : members;
        } catch (MalformedException e) {
            return null;
        }
    }

    private Map<String, Object> members() throws MalformedException {
        Map<String, Object> members = new LinkedHashMap<>();
        skip(" ");
        while (more()) {
            String key = key();
            Object value = true;
            if (taken('=')) {
                value = peek() == '(' ? innerList() : bareItem();
            }
            parameters();
            members.put(key, value);
            skip(" \t");
            if (!more()) {
                break;
            }
            require(',');
            skip(" \t");
            check(more());
        }
        return members;
    }

    private String key() throws MalformedException {
        int begin = at;
        check(isLower(peek()) || peek() == '*');
        while (more() && (isLower(peek()) || isDigit(peek()) || "_-.*".indexOf(peek()) >= 0)) {
            at++;
        }
        return text.substring(begin, at);
    }

    private void parameters() throws MalformedException {
        while (taken(';')) {
            skip(" ");
            key();
            if (taken('=')) {
                bareItem();
            }
        }
    }

    private Object innerList() throws MalformedException {
        require('(');
        while (true) {
            skip(" ");
            if (taken(')')) {
                return OTHER;
            }
            bareItem();
            parameters();
            check(peek() == ' ' || peek() == ')');
        }
    }

    private Object bareItem() throws MalformedException {
        char c = peek();
        if (c == '-' || isDigit(c)) {
            return number();
        }
        return switch (c) {
            case '"' -> string();
            case '?' -> bool();
            case ':' -> bytes();
            default -> token();
        };
    }

    private Object number() throws MalformedException {
        int begin = at;
        taken('-');
        int digits = at;
        skipDigits();
        int whole = at - digits;
        check(whole > 0);
        if (taken('.')) {
            int fraction = at;
            skipDigits();
            check(whole <= 12 && at - fraction >= 1 && at - fraction <= 3);
            return OTHER;
        }
        check(whole <= 15);
        return Long.parseLong(text.substring(begin, at));
    }

    private String string() throws MalformedException {
        require('"');
        StringBuilder value = new StringBuilder();
        while (!taken('"')) {
            char c = next();
            check(c >= ' ' && c < 0x7F);
            if (c == '\\') {
                c = next();
                check(c == '"' || c == '\\');
            }
            value.append(c);
        }
        return value.toString();
    }

    private Object bool() throws MalformedException {
        require('?');
        char c = next();
        check(c == '0' || c == '1');
        return c == '1';
    }

    private Object bytes() throws MalformedException {
        require(':');
        while (!taken(':')) {
            char c = next();
            check(isLetter(c) || isDigit(c) || "+/=".indexOf(c) >= 0);
        }
        return OTHER;
    }

    private Object token() throws MalformedException {
        check(isLetter(peek()) || peek() == '*');
        while (more() && (isLetter(peek()) || isDigit(peek()) || "!#$%&'*+-.^_`|~:/".indexOf(peek()) >= 0)) {
            at++;
        }
        return OTHER;
    }

    private boolean more() {
        return at < text.length();
    }

    /** NUL at the end, which is allowed nowhere. */
    private char peek() {
        return more() ? text.charAt(at) : 0;
    }

    private char next() throws MalformedException {
        check(more());
        return text.charAt(at++);
    }

    private boolean taken(char c) {
        if (peek() != c) {
            return false;
        }
        at++;
        return true;
    }

    private void require(char c) throws MalformedException {
        check(taken(c));
    }

    private void skip(String blanks) {
        while (more() && blanks.indexOf(peek()) >= 0) {
            at++;
        }
    }

    private void skipDigits() {
        while (isDigit(peek())) {
            at++;
        }
    }

    private static void check(boolean wellFormed) throws MalformedException {
        if (!wellFormed) {
            throw new MalformedException();
        }
    }

    private static boolean isLower(char c) {
        return c >= 'a' && c <= 'z';
    }

    private static boolean isLetter(char c) {
        return isLower(c) || (c >= 'A' && c <= 'Z');
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
