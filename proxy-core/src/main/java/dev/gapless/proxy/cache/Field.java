package dev.gapless.proxy.cache;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A header field.
 *
 * @param name its name, in any case
 * @param value its value, without blanks around it
 */
public record Field(String name, String value) {
    /**
     * {@return whether this field has the name}
     *
     * @param other a name, in any case
     */
    public boolean is(String other) {
        return name.equalsIgnoreCase(other);
    }

    /** {@return the names of fields, to be found in any case} */
    static Set<String> names(List<Field> fields) {
        Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        fields.forEach(field -> names.add(field.name()));
        return names;
    }
}
