package dev.gapless.proxy.cache;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The head of a response as the target sent it. Immutable.
 *
 * @param status the status code
 * @param fields the header fields, in order
 */
public record ResponseHead(int status, List<Field> fields) {
    /**
     * Keeps its own copy of the fields.
     *
     * @param status the status code
     * @param fields the header fields, in order
     */
    public ResponseHead {
        fields = List.copyOf(fields);
    }

    /**
     * {@return the values of all fields of a name, joined as RFC 9110 (section 5.3) says, or null if there is none}
     *
     * @param name the name, in any case
     */
    public @Nullable String value(String name) {
        List<String> values = fields.stream()
                .filter(field -> field.is(name))
                .map(Field::value)
                .toList();
        return values.isEmpty() ? null : String.join(", ", values);
    }

    /**
     * {@return the value of the first field of a name, or null if there is none}
     *
     * @param name the name, in any case
     */
    public @Nullable String first(String name) {
        for (Field field : fields) {
            if (field.is(name)) {
                return field.value();
            }
        }
        return null;
    }

    boolean hasValidator() {
        return first("ETag") != null || first("Last-Modified") != null;
    }

    /** Whether the response has fields of the name that do not say the same. */
    boolean contradictsItself(String name) {
        String first = first(name);
        for (Field field : fields) {
            if (field.is(name) && !field.value().equals(first)) {
                return true;
            }
        }
        return false;
    }
}
