package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.LoadBalancing;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.TypeConversionException;

/** The command line as a whole, with Go's habits. */
final class CommandLines {
    private CommandLines() {}

    /**
     * Returns a parser of every command; {@code environment} fills in what is not given of the flags of {@code run}, and paths
     * are relative to {@code directory}.
     */
    static CommandLine newParser(Map<String, String> environment, Path directory) {
        CommandSpec root = CommandSpec.create().name("gapless-proxy");
        root.usageMessage()
                .description("A reverse proxy that switches traffic between versions without losing a request.");
        CommandLine parser = new CommandLine(root);
        CommandLine run = new CommandLine(new RunCommand());
        CommandLine deploy = new CommandLine(new DeployCommand());
        parser.addSubcommand("run", run);
        parser.addSubcommand("deploy", deploy);
        parser.addSubcommand("remove", new RemoveCommand(), "rm");
        parser.addSubcommand("list", new ListCommand(), "ls");
        parser.addSubcommand("pause", new PauseCommand());
        parser.addSubcommand("resume", new ResumeCommand());
        parser.addSubcommand("stop", new StopCommand());
        parser.addSubcommand("rollout", rollout());
        parser.addSubcommand("purge", new PurgeCommand());
        parser.addSubcommand("explain", new ExplainCommand());
        parser.addSubcommand("import", new ImportCommand());
        addHelp(parser);
        followGo(parser, directory);
        run.setDefaultValueProvider(new EnvironmentDefaults(environment));
        return parser;
    }

    /**
     * Reads the arguments and returns the command that they are for, or throws a {@link CommandFailure} that says what is
     * wrong with them.
     */
    static ParseResult parse(CommandLine parser, List<String> arguments) {
        ParseResult result;
        try {
            result = parser.parseArgs(arguments.toArray(String[]::new));
        } catch (ParameterException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()));
        }
        while (result.hasSubcommand()) {
            result = result.subcommand();
        }
        if (!result.isUsageHelpRequested()) {
            requireSubcommand(result.commandSpec());
        }
        return result;
    }

    private static void requireSubcommand(CommandSpec command) {
        if (command.parent() != null && !command.subcommands().isEmpty()) {
            throw new CommandFailure(command.name() + " needs one of the sub-commands "
                    + String.join(", ", command.subcommands().keySet()));
        }
    }

    private static CommandLine rollout() {
        CommandSpec group = CommandSpec.create().name("rollout");
        group.usageMessage().description("Try new targets on some of a service's clients, beside the active ones.");
        CommandLine rollout = new CommandLine(group);
        rollout.addSubcommand("deploy", new RolloutDeployCommand());
        rollout.addSubcommand("set", new RolloutSetCommand());
        rollout.addSubcommand("stop", new RolloutStopCommand());
        rollout.addSubcommand("promote", new RolloutPromoteCommand());
        return rollout;
    }

    private static void addHelp(CommandLine parser) {
        parser.getSubcommands().values().stream().distinct().forEach(CommandLines::addHelp);
        parser.getCommandSpec()
                .addOption(OptionSpec.builder("-h", "--help")
                        .usageHelp(true)
                        .type(boolean.class)
                        .arity("0")
                        .description("Show this help and exit.")
                        .build());
    }

    private static void followGo(CommandLine parser, Path directory) {
        parser.setExpandAtFiles(false)
                .setOverwrittenOptionsAllowed(true)
                .setPosixClusteredShortOptionsAllowed(false)
                .setAbbreviatedOptionsAllowed(false)
                .setUsageHelpAutoWidth(true)
                .registerConverter(
                        Path.class, converter(text -> text.isEmpty() ? Path.of("") : directory.resolve(text)))
                .registerConverter(long.class, converter(BodyFlags::size))
                .registerConverter(LoadBalancing.class, converter(BalancingFlags::policy))
                .registerConverter(Duration.class, converter(GoDuration::parse))
                .registerConverter(Boolean.class, converter(GoBoolean::parse))
                .registerConverter(boolean.class, converter(GoBoolean::parse));
    }

    private static <T> ITypeConverter<T> converter(Function<String, T> parse) {
        return text -> {
            try {
                return parse.apply(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(String.valueOf(e.getMessage()));
            }
        };
    }
}
