package dev.gapless.proxy.examples.daemon;

import java.util.ArrayList;
import java.util.List;

/** Arguments of {@code deploy}, made of what a state says; what it does not say is left to the default. */
final class DeployArguments {
    private static final long MOST = Long.MAX_VALUE;

    private final List<String> arguments = new ArrayList<>();

    void add(String flag, String value) {
        arguments.add(flag + "=" + value);
    }

    void each(String flag, List<String> values) {
        values.forEach(value -> add(flag, value));
    }

    void text(String flag, JsonValue value) {
        value.text().filter(text -> !text.isEmpty()).ifPresent(text -> add(flag, text));
    }

    /** What is absent is false, as it is to Kamal Proxy. */
    void is(String flag, JsonValue value) {
        add(flag, String.valueOf(value.isTrue()));
    }

    void number(String flag, JsonValue value) {
        value.wholeNumber(0, MOST).ifPresent(number -> add(flag, String.valueOf(number)));
    }

    /** A number of nanoseconds. */
    void time(String flag, JsonValue value) {
        value.wholeNumber(0, MOST).ifPresent(nanos -> add(flag, nanos + "ns"));
    }

    void timeUnlessZero(String flag, JsonValue value, String insteadOfZero) {
        long nanos = value.wholeNumber(0, MOST).orElse(0);
        add(flag, nanos == 0 ? insteadOfZero : nanos + "ns");
    }

    List<String> toList() {
        return List.copyOf(arguments);
    }
}
