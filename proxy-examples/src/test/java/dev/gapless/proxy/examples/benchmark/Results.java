package dev.gapless.proxy.examples.benchmark;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** All that a run has measured so far. What was not asked for, or could not be had, is empty. */
final class Results {
    private final Map<Workload, List<Series>> workloads = new EnumMap<>(Workload.class);
    private final List<IdleConnections> idle = new ArrayList<>();
    private List<Series> routes = List.of();
    private Optional<DrainLatency> drain = Optional.empty();

    /** Joins them with those of the same name that a former start of the contestants had. */
    void add(Workload workload, List<Series> series) {
        workloads.putIfAbsent(workload, new ArrayList<>());
        for (Series one : series) {
            find(workload, one.name())
                    .ifPresentOrElse(
                            former -> former.addAll(one),
                            () -> workloads.get(workload).add(one));
        }
    }

    void add(IdleConnections measured) {
        idle.add(measured);
    }

    void routes(List<Series> series) {
        routes = series;
    }

    void drain(DrainLatency measured) {
        drain = Optional.of(measured);
    }

    Map<Workload, List<Series>> workloads() {
        return workloads;
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

    List<String> names() {
        return workloads.values().stream()
                .flatMap(List::stream)
                .map(Series::name)
                .distinct()
                .toList();
    }

    /** How many times the other's requests per second; empty if one of them was not measured. */
    Optional<Double> ratio(Workload workload, String name, String other) {
        return find(workload, name).flatMap(one -> find(workload, other).map(one::ratioTo));
    }

    /** Whether one of them had a request that was not answered with 2xx, so that their ratio says little. */
    boolean marred(Workload workload, String name, String other) {
        return Stream.of(name, other)
                .flatMap(each -> find(workload, each).stream())
                .anyMatch(series -> series.errors() > 0);
    }

    private Optional<Series> find(Workload workload, String name) {
        return workloads.getOrDefault(workload, List.of()).stream()
                .filter(series -> series.name().equals(name))
                .findFirst();
    }
}
