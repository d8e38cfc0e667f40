package dev.gapless.proxy.examples.daemon;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Flags that are planned and refused by name until they are built. One that is given with its default value, which asks for
 * nothing, is let through.
 */
final class PendingFlags {
    static final List<Flag> OF_RUN = Stream.of(missing("HTTP/3 is not built", toggle("--http3", false)))
            .flatMap(List::stream)
            .toList();

    /**
     * A flag.
     *
     * @param name with its dashes
     * @param type {@code Boolean} or {@code String}
     * @param neutral the value that asks for nothing
     * @param reason why it is refused
     */
    record Flag(String name, Class<?> type, String neutral, String reason) {
        private boolean isNeutral(@Nullable Object value) {
            return value == null
                    || value.toString().isEmpty()
                    || value.toString().equals(neutral);
        }
    }

    private PendingFlags() {}

    static void addTo(CommandSpec command, List<Flag> flags) {
        for (Flag flag : flags) {
            boolean toggle = flag.type() == Boolean.class;
            command.addOption(OptionSpec.builder(flag.name())
                    .type(flag.type())
                    .arity(toggle ? "0..1" : "1")
                    .fallbackValue(toggle ? "true" : null)
                    .hidden(true)
                    .build());
        }
        command.usageMessage()
                .footer(
                        "",
                        "Not supported yet, and refused: "
                                + String.join(
                                        ", ", flags.stream().map(Flag::name).toList()));
    }

    /** Throws a {@link CommandFailure} that names those of these flags that ask for something. */
    static void refuse(CommandSpec command) {
        String refused = OF_RUN.stream()
                .filter(flag -> asksForSomething(command.findOption(flag.name()), flag))
                .map(flag -> "the flag " + flag.name() + " is not supported yet: " + flag.reason())
                .collect(Collectors.joining("; "));
        if (!refused.isEmpty()) {
            throw new CommandFailure(refused);
        }
    }

    private static boolean asksForSomething(@Nullable OptionSpec option, Flag flag) {
        return option != null && !flag.isNeutral(option.getValue());
    }

    private static Flag toggle(String name, boolean neutral) {
        return new Flag(name, Boolean.class, String.valueOf(neutral), "");
    }

    private static List<Flag> missing(String reason, Flag... flags) {
        return Arrays.stream(flags)
                .map(flag -> new Flag(flag.name(), flag.type(), flag.neutral(), reason))
                .toList();
    }
}
