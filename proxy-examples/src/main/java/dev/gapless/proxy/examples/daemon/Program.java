package dev.gapless.proxy.examples.daemon;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/** What needs no running daemon: help, {@code run}, and the refusal of what there is not. */
final class Program {
    private Program() {}

    /** Returns the exit status. */
    static int run(String[] arguments) {
        try {
            CommandLine parser = CommandLines.newParser(System.getenv(), Path.of(""));
            ParseResult parsed = CommandLines.parse(parser, List.of(arguments));
            if (!parsed.isUsageHelpRequested() && parsed.commandSpec().userObject() instanceof RunCommand command) {
                return Daemon.run(command);
            }
            return Reply.done(parsed.commandSpec().commandLine().getUsageMessage())
                    .print();
        } catch (CommandFailure | IllegalArgumentException e) {
            return Reply.error(String.valueOf(e.getMessage())).print();
        }
    }
}
