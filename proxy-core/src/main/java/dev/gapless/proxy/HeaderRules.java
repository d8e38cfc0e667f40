package dev.gapless.proxy;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Changes to the header of a request or response, made one after the other in the order in which they were given. Immutable.
 *
 * <p>Fields on which the framing of messages and the state of connections rest ({@code Content-Length}, {@code
 * Transfer-Encoding}, {@code Connection} and the like) are the proxy's own, and {@code Host} passes as the client sent it:
 * rules for these are refused.
 *
 * <pre>{@code
 * HeaderRules.builder()
 *         .set("Strict-Transport-Security", "max-age=31536000")
 *         .remove("X-Powered-By")
 *         .build();
 * }</pre>
 */
public final class HeaderRules {
    private static final HeaderRules NONE = builder().build();

    private static final Set<String> OWN = Set.of(
            "connection",
            "content-length",
            "expect",
            "host",
            "http2-settings",
            "keep-alive",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade");

    private final List<Rule> rules;

    private HeaderRules(List<Rule> rules) {
        this.rules = List.copyOf(rules);
    }

    /** {@return no rules, which is the default} */
    public static HeaderRules none() {
        return NONE;
    }

    /** {@return a builder that starts without rules} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return the rules in the order in which they are applied} */
    public List<Rule> rules() {
        return rules;
    }

    /** {@return whether there are no rules} */
    public boolean isEmpty() {
        return rules.isEmpty();
    }

    @Override
    public String toString() {
        return rules.toString();
    }

    /** What a rule does to the fields of its name. */
    public enum Action {
        /** They are replaced by one field with the value; it is added if there is none. */
        SET,
        /** A field with the value is added to those that are there. */
        ADD,
        /** They are removed. */
        REMOVE
    }

    /**
     * One change.
     *
     * @param action what is done
     * @param name the name of the field, in any case
     * @param value the value; empty for {@link Action#REMOVE}
     */
    public record Rule(Action action, String name, String value) {
        /**
         * Checks name and value.
         *
         * @param action what is done
         * @param name the name of the field, in any case
         * @param value the value; empty for {@link Action#REMOVE}
         * @throws IllegalArgumentException if the name is no token (RFC 9110, section 5.6.2) or one of the proxy's own
         *     fields, or if the value has control characters, characters beyond U+00FF, or blanks around it, or
         *     is one to remove
         */
        public Rule {
            HeaderNames.check("header rule for", name);
            if (OWN.contains(name.toLowerCase(Locale.ROOT))) {
                throw new IllegalArgumentException("header rule for \"" + name + "\" is not possible: "
                        + (name.equalsIgnoreCase("host")
                                ? "Host passes as the client sent it"
                                : "the proxy itself decides on this field; expected a field of the message, not of its"
                                        + " framing or connection"));
            }
            HeaderNames.checkValue(name, value);
            if (action == Action.REMOVE && !value.isEmpty()) {
                throw new IllegalArgumentException("header rule that removes \"" + name + "\" has the value \"" + value
                        + "\"; expected none, as all fields of that name are removed");
            }
        }
    }

    /** Builds {@link HeaderRules}. Not thread-safe; may be used again after {@link #build()}. */
    public static final class Builder {
        private final List<Rule> rules = new ArrayList<>();

        private Builder() {}

        /**
         * Replaces the fields of that name by one, or adds it.
         *
         * @param name the name of the field, in any case
         * @param value its value
         * @return this builder
         * @throws IllegalArgumentException if the name or value cannot be; see {@link Rule}
         */
        public Builder set(String name, String value) {
            rules.add(new Rule(Action.SET, name, value));
            return this;
        }

        /**
         * Adds a field to those of that name.
         *
         * @param name the name of the field, in any case
         * @param value its value
         * @return this builder
         * @throws IllegalArgumentException if the name or value cannot be; see {@link Rule}
         */
        public Builder add(String name, String value) {
            rules.add(new Rule(Action.ADD, name, value));
            return this;
        }

        /**
         * Removes the fields of that name.
         *
         * @param name the name of the fields, in any case
         * @return this builder
         * @throws IllegalArgumentException if the name cannot be; see {@link Rule}
         */
        public Builder remove(String name) {
            rules.add(new Rule(Action.REMOVE, name, ""));
            return this;
        }

        /** {@return the rules as given so far} */
        public HeaderRules build() {
            return new HeaderRules(rules);
        }
    }
}
