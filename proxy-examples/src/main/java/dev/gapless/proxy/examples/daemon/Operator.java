package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.ProxyException;
import dev.gapless.proxy.Services;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.ParseResult;

/** Carries out what comes over the control socket. */
final class Operator {
    private static final Logger LOG = LoggerFactory.getLogger(Operator.class);

    private final Services services;

    Operator(Services services) {
        this.services = services;
    }

    Reply carryOut(List<String> arguments) {
        try {
            ParseResult parsed = CommandLines.parse(CommandLines.newParser(Map.of()), arguments);
            if (parsed.commandSpec().userObject() instanceof OperatorCommand command) {
                return Reply.done(command.run(services));
            }
            return Reply.error("not a command for a running daemon: " + arguments);
        } catch (CommandFailure | ProxyException | IllegalArgumentException e) {
            return Reply.error(String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            LOG.error("A command failed", e);
            return Reply.error("the command failed: " + e);
        }
    }
}
