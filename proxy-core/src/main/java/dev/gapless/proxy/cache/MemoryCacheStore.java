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

    private MemoryCacheStore(long maxBytes) {
        entries = Caffeine.newBuilder()
                .maximumWeight(maxBytes)
                .weigher((Key key, Entry entry) -> (int) Math.min(entry.weight(), Integer.MAX_VALUE))
                .executor(Runnable::run)
                .build();
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
        return entries.policy().eviction().map(MemoryCacheStore::weight).orElse(0L);
    }

    private static long weight(Policy.Eviction<Key, Entry> eviction) {
        return eviction.weightedSize().orElse(0);
    }
}
