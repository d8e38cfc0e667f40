package dev.gapless.proxy.examples.benchmark;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "benchmark",
        description = "Compares Gapless with other reverse proxies on this machine.",
        mixinStandardHelpOptions = true)
final class Options {

    enum Part {
        SMALL,
        LARGE,
        UPLOAD,
        HTTP2,
        STREAMS,
        HANDSHAKES,
        WEBSOCKET,
        GRPC,
        BUFFERING,
        CACHE,
        SENDFILE,
        HANDOFF,
        ROUTES,
        IDLE,
        DRAIN;

        /** What every contestant able to take it is put under. */
        Stream<Workload> workloads() {
            return switch (this) {
                case SMALL -> Stream.of(Workload.SMALL);
                case LARGE -> Stream.of(Workload.LARGE);
                case UPLOAD -> Stream.of(Workload.UPLOAD);
                case HTTP2 -> Stream.of(Workload.HTTP2);
                case STREAMS -> Stream.of(Workload.STREAMS);
                case HANDSHAKES ->
                    Stream.of(Workload.FULL_HANDSHAKES, Workload.RESUMED_HANDSHAKES, Workload.RESUMED_HANDSHAKES_1_2);
                case WEBSOCKET -> Stream.of(Workload.WEB_SOCKET, Workload.WEB_SOCKET_KIBIBYTE);
                case GRPC -> Stream.of(Workload.GRPC);
                case BUFFERING, CACHE, SENDFILE, HANDOFF, ROUTES, IDLE, DRAIN -> Stream.empty();
            };
        }

        /** What some contestants are put under, each in ways of its own. */
        Stream<Contest> contests() {
            return switch (this) {
                case BUFFERING -> Stream.of(BufferingCost.CONTEST);
                case CACHE -> Stream.of(CacheHits.CONTEST);
                case SENDFILE -> Stream.of(SentFiles.CONTEST);
                case HANDOFF -> Stream.of(HandedOff.CONTEST);
                default -> Stream.empty();
            };
        }
    }

    @Option(names = "--quick", description = "Short rounds: for trying things out, not for figures to quote.")
    private boolean quick;

    @Option(
            names = "--only",
            split = ",",
            paramLabel = "<part>",
            description = "Measure only these: ${COMPLETION-CANDIDATES}.")
    private Set<Part> only = EnumSet.allOf(Part.class);

    @Option(
            names = "--proxies",
            split = ",",
            paramLabel = "<name>",
            description = "Measure only the proxies whose names begin like one of these, in any case.")
    private List<String> proxies = List.of("");

    @Option(names = "--rounds", paramLabel = "<n>", description = "Rounds per workload (5, quick: 2).")
    private int rounds;

    @Option(names = "--seconds", paramLabel = "<n>", description = "Length of each round (2, quick: 1).")
    private int seconds;

    @Option(
            names = "--forks",
            paramLabel = "<n>",
            description =
                    "How often every proxy is started afresh (default: ${DEFAULT-VALUE}). Two processes of the same"
                            + " Java program differ by some percent, for the compiler decides otherwise each time.")
    private int forks = 1;

    @Option(
            names = "--report",
            paramLabel = "<file>",
            description = "Where the report is written (default: ${DEFAULT-VALUE}).")
    private Path report = Path.of("target", "benchmark.md");

    boolean wants(Part part) {
        return only.contains(part);
    }

    /** Of those for all contestants. */
    List<Workload> workloads() {
        return only.stream().sorted().flatMap(Part::workloads).toList();
    }

    List<Contest> contests() {
        return only.stream().sorted().flatMap(Part::contests).toList();
    }

    boolean wants(Contestant contestant) {
        return proxies.stream().anyMatch(name -> contestant.name().regionMatches(true, 0, name, 0, name.length()));
    }

    int forks() {
        return forks;
    }

    Path report() {
        return report;
    }

    Pace pace() {
        Pace usual = quick ? Pace.QUICK : Pace.FULL;
        return new Pace(
                usual.longestWarmUpSeconds(),
                rounds > 0 ? rounds : usual.rounds(),
                seconds > 0 ? seconds : usual.secondsPerRound());
    }
}
