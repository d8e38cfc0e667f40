package dev.gapless.proxy.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;

/**
 * The keys whose last response could not be stored: for a while nobody waits for another one of them, which would be in vain
 * again. Bounded by the bytes of the keys, as clients make them up as long as they like; thread-safe.
 */
final class Unshared {
    private static final long MILLIS = 10_000;
    private static final long MOST_BYTES = 4 << 20;

    private final Cache<CacheKey, Long> until = Caffeine.newBuilder()
            .maximumWeight(MOST_BYTES)
            .weigher((CacheKey key, Long end) -> (int) key.weight())
            .executor(Runnable::run)
            .build();

    void add(CacheKey key, long now) {
        until.put(key, now + MILLIS);
    }

    boolean has(CacheKey key, long now) {
        Long end = until.getIfPresent(key);
        return end != null && end > now && end - now <= MILLIS;
    }

    void remove(CacheKey key) {
        until.invalidate(key);
    }

    /** {@return how many bytes the keys take that are remembered} */
    long weight() {
        until.cleanUp();
        return until.asMap().keySet().stream().mapToLong(CacheKey::weight).sum();
    }
}
