package dev.gapless.proxy.cache;

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
}
