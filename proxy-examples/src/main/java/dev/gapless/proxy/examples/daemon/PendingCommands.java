package dev.gapless.proxy.examples.daemon;

import java.util.Set;

/** Commands that are planned and refused by name until they are built. */
final class PendingCommands {
    private static final Set<String> NAMES = Set.of("purge");

    private PendingCommands() {}

    static void refuse(String command) {
        if (NAMES.contains(command)) {
            throw new CommandFailure("the command " + command + " is not supported yet");
        }
    }
}
