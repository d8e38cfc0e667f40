package dev.gapless.proxy.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Policy;
import dev.gapless.proxy.spi.CacheStore;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Keeps responses in memory, up to a number of bytes: of more, those go that are asked for least often and longest ago. Its upkeep
 * is done by the threads that use it, a little at a time.
 */
public final class MemoryCacheStore implements CacheStore {
    private final Cache<Key, Entry> entries;
    /** In how many bytes entries are weighed: so many that one which is too heavy for an int is too heavy for the store. */
    private final long unit;

    private MemoryCacheStore(long maxBytes) {
        unit = maxBytes / Integer.MAX_VALUE + 1;
        entries = Caffeine.newBuilder()
                .maximumWeight(maxBytes / unit)
                .weigher((Key key, Entry entry) -> units(entry.weight()))
                .executor(Runnable::run)
                .build();
    }

    private int units(long bytes) {
        return (int) Math.min((bytes - 1) / unit + 1, Integer.MAX_VALUE);
    }

    /**
     * {@return an empty store}
     *
     * @param maxBytes how many bytes the entries may take together; not negative
     */
    public static MemoryCacheStore ofBytes(long maxBytes) {
        return new MemoryCacheStore(maxBytes);
    }

    @Override
    public @Nullable Entry get(Key key) {
        return entries.getIfPresent(key);
    }

    @Override
    public void update(Key key, UnaryOperator<@Nullable Entry> change) {
        entries.asMap().compute(key, (same, old) -> change.apply(old));
    }

    @Override
    public void forEach(BiConsumer<Key, Entry> visitor) {
        entries.asMap().forEach(visitor);
    }

    @Override
    public long weight() {
        return entries.policy().eviction().map(MemoryCacheStore::units).orElse(0L) * unit;
    }

    private static long units(Policy.Eviction<Key, Entry> eviction) {
        return eviction.weightedSize().orElse(0);
    }
}
