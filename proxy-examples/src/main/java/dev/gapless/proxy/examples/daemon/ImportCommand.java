package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.Services;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code import}: takes over the services of Kamal Proxy. */
@Command(
        name = "import",
        sortOptions = false,
        customSynopsis = "gapless-proxy import <kamal-proxy.state> [<service>...]",
        description = {
            "Take over the services in a state file of Kamal Proxy 0.8 or 0.9, with their options, rollouts and pauses. They "
                    + "serve at once, without a health check, as they do when Kamal Proxy starts.",
            "",
            "All of them are taken over or none: where a service has settings that are not supported yet, or is there "
                    + "already, the error names it and what stands in the way, and nothing has changed. Name services to "
                    + "take over only those."
        })
final class ImportCommand implements OperatorCommand {
    @Parameters(
            index = "0",
            paramLabel = "<kamal-proxy.state>",
            description = "The file, by default ~/.config/kamal-proxy/kamal-proxy.state where Kamal Proxy ran.")
    private Path file = Path.of("");

    @Parameters(index = "1..*", arity = "0..*", paramLabel = "<service>", description = "Services to take over.")
    private List<String> names = List.of();

    @Override
    public String run(Services services) {
        List<ImportedService> wanted = translated(selected(KamalState.read(file)));
        refuseThoseThere(services, wanted);
        deployAll(services, wanted);
        return "";
    }

    private List<KamalService> selected(List<KamalService> all) {
        Set<String> known = new LinkedHashSet<>();
        for (KamalService service : all) {
            if (!known.add(service.name())) {
                throw new CommandFailure(file + " has two services \"" + service.name() + "\"");
            }
        }
        for (String name : names) {
            if (!known.contains(name)) {
                throw new CommandFailure("service \"" + name + "\" is not found in " + file + "; it has " + known);
            }
        }
        return all.stream()
                .filter(service -> names.isEmpty() || names.contains(service.name()))
                .toList();
    }

    private List<ImportedService> translated(List<KamalService> services) {
        List<ImportedService> translated = new ArrayList<>();
        List<String> obstacles = new ArrayList<>();
        for (KamalService service : services) {
            try {
                translated.add(ImportedService.of(service, directory()));
            } catch (CommandFailure | IllegalArgumentException e) {
                obstacles.add("service \"" + service.name() + "\": " + e.getMessage());
            }
        }
        if (!obstacles.isEmpty()) {
            throw nothingImported(String.join("; ", obstacles));
        }
        return translated;
    }

    private Path directory() {
        Path parent = file.getParent();
        return parent == null ? file : parent;
    }

    private void refuseThoseThere(Services services, List<ImportedService> wanted) {
        Set<String> there =
                services.list().stream().map(service -> service.name()).collect(Collectors.toSet());
        String clashes = wanted.stream()
                .map(ImportedService::name)
                .filter(there::contains)
                .map(name -> "\"" + name + "\"")
                .collect(Collectors.joining(", "));
        if (!clashes.isEmpty()) {
            throw nothingImported("there are services " + clashes + " already; remove them first, or name others");
        }
    }

    private void deployAll(Services services, List<ImportedService> wanted) {
        List<ImportedService> deployed = new ArrayList<>();
        for (ImportedService service : wanted) {
            try {
                services.deploy(service.active());
                deployed.add(service);
                service.complete(services);
            } catch (RuntimeException e) {
                deployed.forEach(earlier -> earlier.removeFrom(services));
                throw nothingImported("service \"" + service.name() + "\": " + e.getMessage());
            }
        }
    }

    private CommandFailure nothingImported(String reason) {
        return new CommandFailure("nothing was imported from " + file + ": " + reason);
    }
}
