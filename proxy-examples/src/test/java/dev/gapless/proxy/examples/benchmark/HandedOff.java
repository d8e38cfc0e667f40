package dev.gapless.proxy.examples.benchmark;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/** Long responses that come through an application that hands requests off, beside those that come through the proxy alone. */
final class HandedOff {
    private static final Set<Workload> WORKLOADS = EnumSet.of(Workload.HUNDRED_MEBIBYTES);

    private static final String HANDED_OFF = GaplessUnderTest.NAME + ", handoff";
    private static final String FORWARDED = GaplessUnderTest.NAME + ", forwarding";

    private static final String METHOD = """
            One process has both: a proxy with a port, and a Jetty server whose handler hands each request to that proxy. Responses \
            are counted by the bytes that came, so that those under way at the end of a round count in part.""";

    static final Contest CONTEST = new Contest(
            "Handoff",
            "Responses of 100 MiB per second through a handoff",
            METHOD,
            List.of(new Contest.Entrant(
                    HandingApplication.contestant(),
                    List.of(way(FORWARDED, UnaryOperator.identity()), way(HANDED_OFF, Site::atOtherPort)))),
            List.of(new Comparison(HANDED_OFF, FORWARDED)),
            List.of(new Contest.Aim(Workload.HUNDRED_MEBIBYTES, new Comparison(HANDED_OFF, FORWARDED), 0.9)));

    private HandedOff() {}

    private static Contest.Way way(String name, UnaryOperator<Site> asked) {
        return new Contest.Way(name, asked, WORKLOADS, Origin.TARGET);
    }
}
