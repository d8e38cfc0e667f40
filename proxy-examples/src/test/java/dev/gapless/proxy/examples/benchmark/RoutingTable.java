package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What the number of services costs a request to the one in their middle. */
final class RoutingTable {
    private static final List<Integer> SERVICES = List.of(1, 100, 10_000);

    private RoutingTable() {}

    static List<Series> measure(Arena arena, Tournament tournament, Pace pace)
            throws IOException, InterruptedException {
        List<Site> sites = new ArrayList<>();
        for (int services : SERVICES) {
            sites.add(arena.site(GaplessUnderTest.host(services / 2)));
        }
        Contestant contestant = GaplessUnderTest.withServices(sites, SERVICES);
        Running first = arena.start(contestant, sites.get(0));
        try {
            List<Running> tables = new ArrayList<>();
            for (int i = 0; i < SERVICES.size(); i++) {
                arena.awaitReady(first, sites.get(i));
                tables.add(new Running(title(SERVICES.get(i)), contestant, sites.get(i), first.process()));
            }
            return tournament.play(Workload.SMALL, pace.withMoreRounds(), tables);
        } finally {
            arena.stop(first);
        }
    }

    private static String title(int services) {
        return services == 1 ? "1 service" : String.format(Locale.ROOT, "%,d services", services);
    }
}
