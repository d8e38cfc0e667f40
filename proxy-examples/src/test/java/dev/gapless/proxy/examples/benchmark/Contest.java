package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Workloads that only some contestants take, each in one or more ways.
 *
 * @param name the word for it before the titles of its workloads
 * @param title what the table of ratios is headed with
 * @param method what a reader must know to judge the figures
 * @param comparisons the rows of that table, if they were measured
 */
record Contest(
        String name,
        String title,
        String method,
        List<Entrant> entrants,
        List<Comparison> comparisons,
        List<Aim> aims) {

    /** A contestant, one process, with what it is measured by: so that nothing else differs between its own ways. */
    record Entrant(Contestant contestant, List<Way> ways) {

        /** Starts the contestant, and returns its parts, one for each way. */
        List<Running> start(Arena arena) throws IOException, InterruptedException {
            Site site = arena.site("localhost");
            Running first = arena.start(contestant, ways.get(0).asked().apply(site));
            List<Running> parts = new ArrayList<>();
            for (Way way : ways) {
                Site asked = way.asked().apply(site);
                arena.awaitReady(first, asked);
                parts.add(new Running(way.name(), contestant, asked, first.process()));
            }
            return parts;
        }
    }

    /**
     * One of the things that a contestant does with requests.
     *
     * @param name the name of its series
     * @param asked where it is asked for that, given the contestant's site
     * @param origin where the responses come from
     */
    record Way(String name, UnaryOperator<Site> asked, Set<Workload> workloads, Origin origin) {
        /** One that has a host of its own. */
        static Way ofHost(String name, String host, Set<Workload> workloads, Origin origin) {
            return new Way(name, site -> site.under(host), workloads, origin);
        }
    }

    /** What a ratio is to be at least. */
    record Aim(Workload workload, Comparison between, double bound) {}

    List<Workload> workloads() {
        return entrants.stream()
                .flatMap(entrant -> entrant.ways().stream())
                .flatMap(way -> way.workloads().stream())
                .distinct()
                .sorted(Comparator.naturalOrder())
                .toList();
    }

    /** {@return the way that a part has been started for} */
    Way way(Running part) {
        return entrants.stream()
                .flatMap(entrant -> entrant.ways().stream())
                .filter(way -> way.name().equals(part.name()))
                .findFirst()
                .orElseThrow();
    }
}
