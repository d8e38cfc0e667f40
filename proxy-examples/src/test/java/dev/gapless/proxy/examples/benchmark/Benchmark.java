package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Measures Gapless beside other reverse proxies, and writes what it found as Markdown. */
public final class Benchmark {
    private final Options options;
    private final Arena arena;
    private final Notes notes = new Notes();
    private final Results results = new Results();
    private final Tournament tournament;

    private Benchmark(Options options, Arena arena) {
        this.options = options;
        this.arena = arena;
        this.tournament = new Tournament(arena, notes);
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        Options options = new Options();
        CommandLine line = new CommandLine(options).setCaseInsensitiveEnumValuesAllowed(true);
        try {
            line.parseArgs(args);
        } catch (ParameterException e) {
            System.err.println(e.getMessage());
            line.usage(System.err);
            System.exit(2);
        }
        if (line.isUsageHelpRequested()) {
            line.usage(System.out);
            return;
        }
        for (String program : List.of("nginx", "wrk")) {
            if (Programs.find(program).isEmpty()) {
                System.err.println("The benchmark cannot do without " + program + ", which is not installed.");
                System.exit(1);
            }
        }
        // Of what runs in this process; the contestants' own output goes to files.
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn");
        try (Arena arena = Arena.open()) {
            new Benchmark(options, arena).run();
        }
    }

    private void run() throws IOException, InterruptedException {
        Map<String, String> facts = MachineFacts.gather(arena, allContestants());
        for (int fork = 0; fork < options.forks(); fork++) {
            workloads();
            for (Contest contest : options.contests()) {
                contest(contest);
            }
        }
        onlyOfSome();
        String report = MarkdownReport.of(results, facts, options, notes.leftOut());
        System.out.println("\n" + report);
        Files.createDirectories(options.report().toAbsolutePath().getParent());
        Files.writeString(options.report(), report);
        notes.progress("Written to " + options.report().toAbsolutePath());
    }

    private void workloads() throws InterruptedException {
        for (Backend backend : Backend.values()) {
            workloads(
                    backend,
                    options.workloads().stream()
                            .filter(workload -> workload.backend() == backend)
                            .toList());
        }
    }

    /** All contestants stay up all the while: those whose turn it is not wait, and cost nothing. */
    private void workloads(Backend backend, List<Workload> workloads) throws InterruptedException {
        List<Running> running = new ArrayList<>();
        for (Contestant contestant : contestants()) {
            if (workloads.stream().anyMatch(contestant::takes)) {
                attempt(contestant.name(), () -> running.add(arena.start(contestant, backend)));
            }
        }
        for (Workload workload : workloads) {
            play(workload, options.pace(), takers(workload, running), results.proxies());
        }
        running.forEach(arena::stop);
    }

    private void contest(Contest contest) throws InterruptedException {
        List<Running> running = new ArrayList<>();
        for (Contest.Entrant entrant : entrants(contest)) {
            attempt(entrant.contestant().name(), () -> running.addAll(entrant.start(arena)));
        }
        for (Workload workload : contest.workloads()) {
            List<Running> takers = new ArrayList<>();
            for (Running part : running) {
                Contest.Way way = contest.way(part);
                if (way.workloads().contains(workload)) {
                    attempt(way.name() + ", " + workload.title(), () -> {
                        way.origin().check(part.site(), workload);
                        takers.add(part);
                    });
                }
            }
            play(workload, options.pace().withMoreRounds(), takers, results.of(contest));
        }
        running.forEach(arena::stop);
    }

    private void play(Workload workload, Pace pace, List<Running> takers, Standings standings)
            throws InterruptedException {
        if (takers.isEmpty()) {
            return;
        }
        attempt(workload.title(), () -> standings.add(workload, tournament.play(workload, pace, takers)));
    }

    private void onlyOfSome() throws InterruptedException {
        if (options.wants(Options.Part.ROUTES)) {
            attempt("routing table", () -> results.routes(RoutingTable.measure(arena, tournament, options.pace())));
        }
        if (options.wants(Options.Part.IDLE)) {
            for (Contestant contestant : List.of(GaplessUnderTest.contestant(), StockProxyHandler.contestant())) {
                attempt(
                        "idle connections, " + contestant.name(),
                        () -> results.add(IdleConnections.measure(arena, tournament, contestant)));
            }
        }
        if (options.wants(Options.Part.DRAIN)) {
            attempt("drain", () -> results.drain(DrainLatency.measure()));
        }
    }

    private List<Contestant> contestants() {
        return Stream.of(
                        GaplessUnderTest.contestant(),
                        GaplessUnderTest.withAccessLog(),
                        StockProxyHandler.contestant(),
                        VertxHttpProxy.contestant(),
                        new HaProxy(),
                        new Nginx(),
                        new Caddy())
                .filter(options::wants)
                .filter(contestant -> options.workloads().stream().anyMatch(contestant::takes))
                .toList();
    }

    private List<Contest.Entrant> entrants(Contest contest) {
        return contest.entrants().stream()
                .filter(entrant -> options.wants(entrant.contestant()))
                .toList();
    }

    private List<Contestant> allContestants() {
        return Stream.concat(
                        contestants().stream(),
                        options.contests().stream()
                                .flatMap(contest -> entrants(contest).stream())
                                .map(Contest.Entrant::contestant))
                .toList();
    }

    private static List<Running> takers(Workload workload, List<Running> running) {
        return running.stream().filter(one -> one.contestant().takes(workload)).toList();
    }

    /** What cannot be measured is left out, with a word, and does not keep the rest from it. */
    private void attempt(String what, Step step) throws InterruptedException {
        try {
            step.take();
        } catch (IOException | IllegalStateException | UnsupportedOperationException e) {
            notes.leftOut(what, e);
        }
    }

    private interface Step {
        void take() throws IOException, InterruptedException;
    }
}
