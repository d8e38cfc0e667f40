package dev.gapless.proxy.examples.benchmark;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/** The series of those that were put under the same workloads. */
final class Standings {
    private final Map<Workload, List<Series>> workloads = new EnumMap<>(Workload.class);

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

    boolean isEmpty() {
        return workloads.isEmpty();
    }

    List<Workload> workloads() {
        return List.copyOf(workloads.keySet());
    }

    void forEach(BiConsumer<Workload, List<Series>> action) {
        workloads.forEach(action);
    }

    List<String> names() {
        return workloads.values().stream()
                .flatMap(List::stream)
                .map(Series::name)
                .distinct()
                .toList();
    }

    /** How many times the other's requests per second; empty if one of them was not measured. */
    Optional<Double> ratio(Workload workload, Comparison between) {
        return find(workload, between.name())
                .flatMap(one -> find(workload, between.other()).map(one::ratioTo));
    }

    /** Whether there is a workload under which both were measured. */
    boolean have(Comparison between) {
        return workloads.keySet().stream()
                .anyMatch(workload -> ratio(workload, between).isPresent());
    }

    /** Whether one of them had a request that was not answered with 2xx, so that their ratio says little. */
    boolean marred(Workload workload, Comparison between) {
        return Stream.of(between.name(), between.other())
                .flatMap(each -> find(workload, each).stream())
                .anyMatch(series -> series.errors() > 0);
    }

    private Optional<Series> find(Workload workload, String name) {
        return workloads.getOrDefault(workload, List.of()).stream()
                .filter(series -> series.name().equals(name))
                .findFirst();
    }
}
