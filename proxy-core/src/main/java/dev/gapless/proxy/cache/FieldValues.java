package dev.gapless.proxy.cache;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Lists and numbers in field values (RFC 9110, section 5.6). */
final class FieldValues {
    /** What a count of seconds that is too large to keep is taken for (RFC 9111, section 1.2.2). */
    static final long MOST_SECONDS = 1L << 31;

    static final long INVALID = -1;

    private FieldValues() {}

    /** {@return the elements of a comma-separated list, without blanks around them, and without empty ones} */
    static List<String> list(@Nullable String value) {
        List<String> elements = new ArrayList<>();
        if (value == null) {
            return elements;
        }
        int begin = 0;
        while (begin <= value.length()) {
            int end = elementEnd(value, begin);
            String element = value.substring(begin, end).strip();
            if (!element.isEmpty()) {
                elements.add(element);
            }
            begin = end + 1;
        }
        return elements;
    }

    /** {@return the elements of a list of names, in lower case} */
    static List<String> names(@Nullable String value) {
        return list(value).stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
    }

    /** Where the element that begins here ends: at the next comma that is in no quoted string. */
    static int elementEnd(String value, int begin) {
        boolean quoted = false;
        for (int i = begin; i < value.length(); i++) {
            char c = value.charAt(i);
            if (quoted && c == '\\') {
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (c == ',' && !quoted) {
                return i;
            }
        }
        return value.length();
    }

    /** {@return the number of {@code delta-seconds}, {@link #MOST_SECONDS} at most, or {@link #INVALID}} */
    static long seconds(@Nullable String value) {
        if (value == null || value.isEmpty()) {
            return INVALID;
        }
        long seconds = 0;
        for (int i = 0; i < value.length(); i++) {
            int digit = value.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return INVALID;
            }
            seconds = Math.min(seconds * 10 + digit, MOST_SECONDS);
        }
        return seconds;
    }

    /** {@return a non-negative number of at most 18 digits, or {@link #INVALID}} */
    static long length(@Nullable String value) {
        boolean number = value != null
                && !value.isEmpty()
                && value.length() <= 18
                && value.chars().allMatch(c -> c >= '0' && c <= '9');
        return value != null && number ? Long.parseLong(value) : INVALID;
    }
}
