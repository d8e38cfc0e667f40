package dev.gapless.proxy.examples.benchmark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** The rounds of one contestant under one workload. */
final class Series {
    private final String name;
    private final List<Sample> rounds = new ArrayList<>();

    Series(String name) {
        this.name = name;
    }

    String name() {
        return name;
    }

    boolean isEmpty() {
        return rounds.isEmpty();
    }

    void add(Sample sample) {
        rounds.add(sample);
    }

    void addAll(Series later) {
        rounds.addAll(later.rounds);
    }

    double perSecond() {
        return median(sample -> sample.load().perSecond());
    }

    double slowestRound() {
        return rounds.stream()
                .mapToDouble(sample -> sample.load().perSecond())
                .min()
                .orElse(Double.NaN);
    }

    double fastestRound() {
        return rounds.stream()
                .mapToDouble(sample -> sample.load().perSecond())
                .max()
                .orElse(Double.NaN);
    }

    double latency(ToDoubleFunction<Load> percentile) {
        return median(sample -> percentile.applyAsDouble(sample.load()));
    }

    double worstLatency() {
        return rounds.stream().mapToDouble(sample -> sample.load().max()).max().orElse(Double.NaN);
    }

    double cpuMicrosPerRequest() {
        return median(Sample::cpuMicrosPerRequest);
    }

    long errors() {
        return rounds.stream().mapToLong(sample -> sample.load().errors()).sum();
    }

    /**
     * How many times the requests per second of the other. Each round is compared with the other's same round, so that a
     * machine that grows slower or faster during the run does not show.
     */
    double ratioTo(Series other) {
        return median(IntStream.range(0, Math.min(rounds.size(), other.rounds.size()))
                .mapToDouble(round -> rounds.get(round).load().perSecond()
                        / other.rounds.get(round).load().perSecond())
                .toArray());
    }

    private double median(ToDoubleFunction<Sample> figure) {
        return median(rounds.stream().mapToDouble(figure).toArray());
    }

    private static double median(double[] figures) {
        if (figures.length == 0) {
            return Double.NaN;
        }
        double[] sorted = figures.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
