package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.Services;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code list}: the services there are. */
@Command(name = "list", description = "List the services.")
final class ListCommand implements OperatorCommand {
    @Option(
            names = "--json",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "<boolean>",
            defaultValue = "false",
            description = "Print one JSON object, with a member for each service.")
    private boolean json;

    @Override
    public String run(Services services) {
        List<ServiceRow> rows = ServiceRow.of(services.list());
        return json ? ServiceRow.json(rows) + "\n" : ServiceRow.table(rows);
    }
}
