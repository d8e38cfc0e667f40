package dev.gapless.proxy.examples.benchmark;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The results as a page to read, the ratios first. */
final class MarkdownReport {
    /** Beside what errors have made a figure that cannot be compared. */
    private static final String MARK = " (!)";

    private final StringBuilder page = new StringBuilder();
    private final Results results;

    private MarkdownReport(Results results) {
        this.results = results;
    }

    static String of(Results results, Map<String, String> facts, Options options, List<String> leftOut) {
        MarkdownReport report = new MarkdownReport(results);
        report.paragraph("# Benchmark");
        report.ratios();
        report.aims();
        results.proxies().forEach((workload, all) -> report.workload(workload.title(), workload, all));
        results.contests().forEach(report::contest);
        report.routes();
        report.idle();
        report.drain();
        report.leftOut(leftOut);
        report.machine(facts);
        report.method(options);
        return report.page.toString();
    }

    private void ratios() {
        Standings proxies = results.proxies();
        if (proxies.names().contains(StockProxyHandler.NAME)) {
            paragraph("## Requests per second, relative to stock " + StockProxyHandler.NAME);
            Map<String, Comparison> rows = new LinkedHashMap<>();
            proxies.names().forEach(name -> rows.put(name, new Comparison(name, StockProxyHandler.NAME)));
            ratios(proxies, rows);
        }
        if (proxies.names().contains(GaplessUnderTest.NAME)) {
            paragraph("## Requests per second of Gapless, relative to each");
            Map<String, Comparison> rows = new LinkedHashMap<>();
            proxies.names().forEach(name -> rows.put(name, new Comparison(GaplessUnderTest.NAME, name)));
            ratios(proxies, rows);
        }
    }

    private void ratios(Standings standings, Map<String, Comparison> rows) {
        List<String> header = new ArrayList<>(List.of(""));
        standings.workloads().forEach(workload -> header.add(workload.title()));
        MarkdownTable table = new MarkdownTable(header);
        rows.forEach((title, between) -> {
            List<String> row = new ArrayList<>(List.of(title));
            standings.workloads().forEach(workload -> row.add(ratio(standings, workload, between)));
            table.row(row);
        });
        add(table);
    }

    private static String ratio(Standings standings, Workload workload, Comparison between) {
        String mark = standings.marred(workload, between) ? MARK : "";
        return standings
                .ratio(workload, between)
                .map(ratio -> twoDigits(ratio) + mark)
                .orElse("");
    }

    private void aims() {
        List<List<String>> rows = Aims.of(results);
        if (rows.isEmpty()) {
            return;
        }
        paragraph("## Aims");
        MarkdownTable table = new MarkdownTable("", "aim", "measured", "met");
        rows.forEach(table::row);
        add(table);
    }

    private void workload(String title, Workload workload, List<Series> all) {
        paragraph("## " + title + ", " + workload.shape());
        MarkdownTable table = new MarkdownTable(
                "", "requests/s", "rounds", "p50 ms", "p90 ms", "p99 ms", "max ms", "CPU µs/request", "errors");
        for (Series series : all) {
            table.row(
                    series.errors() == 0 ? series.name() : series.name() + MARK,
                    whole(series.perSecond()),
                    whole(series.slowestRound()) + " to " + whole(series.fastestRound()),
                    millis(series.latency(Load::p50)),
                    millis(series.latency(Load::p90)),
                    millis(series.latency(Load::p99)),
                    millis(series.worstLatency()),
                    String.format(Locale.ROOT, "%,.1f", series.cpuMicrosPerRequest()),
                    whole(series.errors()));
        }
        add(table);
        if (all.stream().anyMatch(series -> series.errors() > 0)) {
            paragraph("(!) Not every request was answered with 2xx: do not compare this row.");
        }
    }

    private void contest(Contest contest) {
        Standings standings = results.of(contest);
        paragraph("## " + contest.title());
        Map<String, Comparison> rows = new LinkedHashMap<>();
        contest.comparisons().stream().filter(standings::have).forEach(between -> rows.put(between.title(), between));
        ratios(standings, rows);
        paragraph(contest.method());
        standings.forEach((workload, all) -> workload(contest.name() + ": " + workload.title(), workload, all));
    }

    private void routes() {
        if (results.routes().isEmpty()) {
            return;
        }
        Series one = results.routes().get(0);
        paragraph("## Routing table, " + Workload.SMALL.title() + " to the service in the middle");
        MarkdownTable table =
                new MarkdownTable("", "requests/s", "relative to " + one.name(), "CPU µs/request", "errors");
        results.routes()
                .forEach(series -> table.row(
                        series.name(),
                        whole(series.perSecond()),
                        String.format(Locale.ROOT, "%.3f", series.ratioTo(one)),
                        String.format(Locale.ROOT, "%.1f", series.cpuMicrosPerRequest()),
                        whole(series.errors())));
        add(table);
    }

    private void idle() {
        if (results.idle().isEmpty()) {
            return;
        }
        paragraph("## Heap that idle keep-alive connections hold");
        MarkdownTable table =
                new MarkdownTable("", "connections", "live heap before", "and with them", "bytes/connection");
        results.idle()
                .forEach(idle -> table.row(
                        idle.name(),
                        whole(idle.connections()),
                        whole(idle.heapBefore()),
                        whole(idle.heapWith()),
                        whole(idle.bytesPerConnection())));
        add(table);
    }

    private void drain() {
        results.drain().ifPresent(drain -> {
            paragraph("## Drain");
            paragraph(String.format(
                    Locale.ROOT,
                    "`deploy` returns %.2f ms after the end of the last request on the replaced targets; at worst %.2f ms.",
                    drain.median().toNanos() / 1e6,
                    drain.worst().toNanos() / 1e6));
        });
    }

    private void leftOut(List<String> notes) {
        if (!notes.isEmpty()) {
            paragraph("## Left out");
            notes.forEach(note -> page.append("- ").append(note).append('\n'));
            page.append('\n');
        }
    }

    private void machine(Map<String, String> facts) {
        paragraph("## Machine");
        MarkdownTable table = new MarkdownTable("", "");
        facts.forEach(table::row);
        add(table);
    }

    private void method(Options options) {
        Pace pace = options.pace();
        paragraph(String.format(
                Locale.ROOT,
                """
                Each proxy is a process of its own, set up for %d cores, keeps its connections to the target, and writes no access \
                log unless its row says so. After a warm-up (those on the JVM until they grow no faster, for at most %d s, the \
                others for 1 s) the proxies take turns in %d rounds of %d s. Number of times that all of this was done with fresh processes: %d. \
                Figures are medians over the rounds, and ratios the median of each round's ratio; "rounds" has the slowest \
                and the fastest, "max" the worst latency of them all. An echo of a WebSocket counts as a request, and so does a \
                handshake. Handshakes cost clients no less than proxies, which therefore have %d core while they are measured by them, and the \
                clients the others. CPU is the user and system time of the proxy's process \
                and its children.""",
                Cores.PER_PROXY,
                pace.longestWarmUpSeconds(),
                pace.rounds(),
                pace.secondsPerRound(),
                options.forks(),
                Cores.FOR_HANDSHAKES));
    }

    private void paragraph(String text) {
        page.append(text).append("\n\n");
    }

    private void add(MarkdownTable table) {
        page.append(table).append('\n');
    }

    private static String whole(double value) {
        return String.format(Locale.ROOT, "%,.0f", value);
    }

    private static String whole(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    private static String millis(double micros) {
        return Double.isNaN(micros) ? "" : twoDigits(micros / 1_000);
    }

    private static String twoDigits(double value) {
        return String.format(Locale.ROOT, "%,.2f", value);
    }
}
