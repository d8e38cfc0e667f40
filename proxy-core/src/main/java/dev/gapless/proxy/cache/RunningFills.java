package dev.gapless.proxy.cache;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** The fills that have begun and not ended, by their keys, so that each hears of what becomes invalid meanwhile. Thread-safe. */
final class RunningFills {
    /** The sets are changed and read while their key is held. */
    private final ConcurrentMap<CacheKey, Set<Fill>> byKey = new ConcurrentHashMap<>();

    void add(Fill fill) {
        byKey.compute(fill.request().key(), (key, present) -> {
            Set<Fill> all = present == null ? new HashSet<>(2) : present;
            all.add(fill);
            return all;
        });
    }

    void remove(Fill fill) {
        byKey.computeIfPresent(fill.request().key(), (key, present) -> {
            present.remove(fill);
            return present.isEmpty() ? null : present;
        });
    }

    /** {@return those of a key, which are not kept any longer} Once nothing of them will be stored, they need not hear any more. */
    Set<Fill> take(CacheKey key) {
        Set<Fill> taken = byKey.remove(key);
        return taken == null ? Set.of() : taken;
    }

    List<Fill> of(CacheKey key) {
        List<Fill> found = new ArrayList<>();
        byKey.computeIfPresent(key, (same, present) -> {
            found.addAll(present);
            return present;
        });
        return found;
    }

    Set<CacheKey> keys() {
        return byKey.keySet();
    }

    int count() {
        return byKey.values().stream().mapToInt(Set::size).sum();
    }
}
