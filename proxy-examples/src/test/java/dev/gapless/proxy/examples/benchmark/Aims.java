package dev.gapless.proxy.examples.benchmark;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What Gapless is to reach, beside what it reached. */
final class Aims {
    private static final Set<Workload> AS_FAST_AS_NGINX_NEARLY =
            EnumSet.of(Workload.STREAMS, Workload.WEB_SOCKET, Workload.WEB_SOCKET_KIBIBYTE, Workload.GRPC);

    private final List<List<String>> rows = new ArrayList<>();

    private Aims() {}

    /** Rows of the aim, its bound, the figure measured, and whether it is met, for what was measured. */
    static List<List<String>> of(Results results) {
        Aims aims = new Aims();
        Comparison withJetty = new Comparison(GaplessUnderTest.NAME, StockProxyHandler.NAME);
        Comparison withCaddy = new Comparison(GaplessUnderTest.NAME, Caddy.NAME);
        aims.ratio(results.proxies(), Workload.SMALL, withJetty, 1.05);
        aims.ratio(results.proxies(), Workload.SMALL, withCaddy, 2.2);
        aims.ratio(results.proxies(), Workload.LARGE, withJetty, 1.5);
        Comparison withNginx = new Comparison(GaplessUnderTest.NAME, Nginx.NAME);
        for (Workload workload : AS_FAST_AS_NGINX_NEARLY) {
            aims.ratio(results.proxies(), workload, withNginx, 0.7);
        }
        for (Contest contest : results.contests()) {
            contest.aims().forEach(aim -> aims.ratio(results.of(contest), aim.workload(), aim.between(), aim.bound()));
        }
        if (!results.routes().isEmpty()) {
            Series one = results.routes().get(0);
            Series most = results.routes().get(results.routes().size() - 1);
            aims.atLeast(0.97, most.ratioTo(one), most.name() + ", times " + one.name());
        }
        results.idle().stream()
                .filter(idle -> idle.name().equals(GaplessUnderTest.NAME))
                .forEach(idle -> aims.atMost(4_096, idle.bytesPerConnection(), "heap of an idle connection, bytes"));
        results.drain()
                .ifPresent(drain ->
                        aims.atMost(5, drain.median().toNanos() / 1e6, "deploy after the last lease, milliseconds"));
        return aims.rows;
    }

    private void ratio(Standings standings, Workload workload, Comparison between, double bound) {
        standings
                .ratio(workload, between)
                .ifPresent(ratio -> row(
                        workload.title() + ": " + between.title(),
                        "at least " + number(bound),
                        ratio,
                        ratio >= bound && !standings.marred(workload, between)));
    }

    private void atLeast(double bound, double measured, String what) {
        row(what, "at least " + number(bound), measured, measured >= bound);
    }

    private void atMost(double bound, double measured, String what) {
        row(what, "at most " + number(bound), measured, measured <= bound);
    }

    private void row(String what, String bound, double measured, boolean met) {
        rows.add(List.of(what, bound, number(measured), met ? "yes" : "**no**"));
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value >= 100 ? "%,.0f" : "%.2f", value);
    }
}
