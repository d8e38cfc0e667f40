package dev.gapless.proxy.examples.benchmark;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** All that a run has measured so far. What was not asked for, or could not be had, is empty. */
final class Results {
    private final Standings proxies = new Standings();
    private final Standings buffering = new Standings();
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

    /** Under the names that {@link BufferingCost#name} gives. */
    Standings buffering() {
        return buffering;
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
