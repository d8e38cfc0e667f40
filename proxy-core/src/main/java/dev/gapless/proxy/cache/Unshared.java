package dev.gapless.proxy.cache;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The keys whose last response could not be stored: for a while nobody waits for another one of them, which would be in vain
 * again. Bounded; thread-safe.
 */
final class Unshared {
    private static final long MILLIS = 10_000;
    private static final int MOST = 10_000;

    private final ConcurrentMap<CacheKey, Long> until = new ConcurrentHashMap<>();

    void add(CacheKey key, long now) {
        if (until.size() >= MOST) {
            until.values().removeIf(end -> end <= now);
        }
        if (until.size() < MOST) {
            until.put(key, now + MILLIS);
        }
    }

    boolean has(CacheKey key, long now) {
        Long end = until.get(key);
        return end != null && end > now && end - now <= MILLIS;
    }

    void remove(CacheKey key) {
        until.remove(key);
    }
}
