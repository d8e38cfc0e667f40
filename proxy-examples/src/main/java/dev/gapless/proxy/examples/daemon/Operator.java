package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.ProxyException;
import dev.gapless.proxy.Services;
import java.nio.file.Path;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/** Carries out what comes over the control socket. */
final class Operator {
    private static final Logger LOG = LoggerFactory.getLogger(Operator.class);

    private final Services services;

    Operator(Services services) {
        this.services = services;
    }

    Reply carryOut(Wire.Request request) {
        try {
            CommandLine parser = CommandLines.newParser(Map.of(), Path.of(request.directory()));
            ParseResult parsed = CommandLines.parse(parser, request.arguments());
            if (parsed.commandSpec().userObject() instanceof OperatorCommand command) {
                return Reply.done(command.run(services));
            }
            return Reply.error("not a command for a running daemon: " + request.arguments());
        } catch (CommandFailure | ProxyException | IllegalArgumentException e) {
            return Reply.error(String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            LOG.error("A command failed", e);
            return Reply.error("the command failed: " + e);
        }
    }
}
