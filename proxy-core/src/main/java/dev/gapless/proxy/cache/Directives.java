package dev.gapless.proxy.cache;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The directives of {@code Cache-Control} (RFC 9111, section 5.2), read generously: each element by itself, in any case, with or
 * without quotes around values. A value that is no number, or two that differ, count as zero: what is not sure to be fresh is
 * stale (section 4.2.1).
 */
final class Directives {
    /** A number of seconds that was not given. */
    static final long ABSENT = -1;

    private record Directive(String name, @Nullable String value) {}

    private final List<Directive> directives = new ArrayList<>();
    private boolean malformed;

    private Directives() {}

    static Directives parse(@Nullable String value) {
        Directives parsed = new Directives();
        for (String element : FieldValues.list(value)) {
            parsed.add(element);
        }
        return parsed;
    }

    private void add(String element) {
        int equals = element.indexOf('=');
        int quote = element.indexOf('"');
        boolean valued = equals >= 0 && (quote < 0 || equals < quote);
        String name = valued ? element.substring(0, equals) : element;
        directives.add(new Directive(
                name.strip().toLowerCase(Locale.ROOT), valued ? unquoted(element.substring(equals + 1)) : null));
    }

    private String unquoted(String value) {
        if (!value.startsWith("\"")) {
            return value;
        }
        StringBuilder text = new StringBuilder();
        for (int i = 1; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"') {
                return i == value.length() - 1 ? text.toString() : value;
            }
            if (c == '\\' && i + 1 < value.length()) {
                i++;
            }
            text.append(value.charAt(i));
        }
        malformed = true;
        return text.toString();
    }

    /** Whether a quoted string has no end: what else was meant cannot be known. */
    boolean malformed() {
        return malformed;
    }

    boolean has(String name) {
        return directives.stream().anyMatch(directive -> directive.name.equals(name));
    }

    /** Whether the directive is there, and not only for some fields. */
    boolean hasForAll(String name) {
        return directives.stream()
                .anyMatch(directive -> directive.name.equals(name)
                        && FieldValues.list(directive.value).isEmpty());
    }

    /** {@return the fields that the directive names, in lower case} */
    List<String> fields(String name) {
        return directives.stream()
                .filter(directive -> directive.name.equals(name))
                .flatMap(directive -> FieldValues.names(directive.value).stream())
                .toList();
    }

    /** {@return how many seconds the directive says, or {@link #ABSENT}} */
    long seconds(String name) {
        long seconds = ABSENT;
        for (Directive directive : directives) {
            if (directive.name.equals(name)) {
                long said = Math.max(0, FieldValues.seconds(directive.value));
                seconds = seconds == ABSENT || seconds == said ? said : 0;
            }
        }
        return seconds;
    }

    /** As {@link #seconds}, but a directive without a value says any number ({@code max-stale}). */
    long secondsOrAny(String name) {
        boolean any = directives.stream().anyMatch(directive -> directive.name.equals(name) && directive.value == null);
        return any ? FieldValues.MOST_SECONDS : seconds(name);
    }
}
