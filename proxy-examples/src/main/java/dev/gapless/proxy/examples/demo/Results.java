package dev.gapless.proxy.examples.demo;

import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SynchronizedHistogram;

/** What became of the requests. Thread-safe. */
final class Results {
    private static final int REASONS_KEPT = 10;

    /** The requests of one kind over one protocol; latencies are in microseconds. */
    static final class Row {
        final Histogram latencies = new SynchronizedHistogram(3);
        final LongAdder failures = new LongAdder();
    }

    /** What a row is of. */
    record Key(Kind kind, HttpClient.Version protocol) implements Comparable<Key> {
        @Override
        public int compareTo(Key other) {
            int byKind = kind.compareTo(other.kind);
            return byKind != 0 ? byKind : protocol.compareTo(other.protocol);
        }
    }

    private final Map<Key, Row> rows = new TreeMap<>();
    private final List<String> reasons = new ArrayList<>();

    Results() {
        for (Kind kind : Kind.values()) {
            for (HttpClient.Version protocol : HttpClient.Version.values()) {
                rows.put(new Key(kind, protocol), new Row());
            }
        }
    }

    void succeeded(Key key, Duration latency) {
        row(key).latencies.recordValue(latency.toNanos() / 1_000);
    }

    void failed(Key key, String reason) {
        row(key).failures.increment();
        synchronized (reasons) {
            if (reasons.size() < REASONS_KEPT) {
                reasons.add(key.kind() + " over " + key.protocol() + ": " + reason);
            }
        }
    }

    private Row row(Key key) {
        Row row = rows.get(key);
        if (row == null) {
            throw new IllegalArgumentException("no row for " + key);
        }
        return row;
    }

    Map<Key, Row> rows() {
        return rows;
    }

    long requests() {
        return rows.values().stream()
                        .mapToLong(row -> row.latencies.getTotalCount())
                        .sum()
                + failures();
    }

    long failures() {
        return rows.values().stream().mapToLong(row -> row.failures.sum()).sum();
    }

    /** Returns the first reasons for failures. */
    List<String> reasons() {
        synchronized (reasons) {
            return List.copyOf(reasons);
        }
    }
}
