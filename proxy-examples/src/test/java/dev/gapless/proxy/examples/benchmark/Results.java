package dev.gapless.proxy.examples.benchmark;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** All that a run has measured so far. What was not asked for, or could not be had, is empty. */
final class Results {
    private final Standings proxies = new Standings();
    private final Map<Contest, Standings> contests = new LinkedHashMap<>();
    private final List<IdleConnections> idle = new ArrayList<>();
    private List<Series> routes = List.of();
    private Optional<DrainLatency> drain = Optional.empty();

    void add(IdleConnections measured) {
        idle.add(measured);
    }

    void routes(List<Series> series) {
        routes = series;
    }

    void drain(DrainLatency measured) {
        drain = Optional.of(measured);
    }

    /** Of Gapless beside other proxies. */
    Standings proxies() {
        return proxies;
    }

    /** Under the names of a contest's ways. */
    Standings of(Contest contest) {
        return contests.computeIfAbsent(contest, unknown -> new Standings());
    }

    /** Those of which something was measured. */
    List<Contest> contests() {
        return contests.keySet().stream()
                .filter(contest -> !of(contest).isEmpty())
                .toList();
    }

    List<IdleConnections> idle() {
        return idle;
    }

    List<Series> routes() {
        return routes;
    }

    Optional<DrainLatency> drain() {
        return drain;
    }
}
