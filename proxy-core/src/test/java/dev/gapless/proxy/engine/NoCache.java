package dev.gapless.proxy.engine;

import dev.gapless.proxy.CacheLimits;
import dev.gapless.proxy.cache.HttpCache;
import dev.gapless.proxy.cache.MemoryCacheStore;

/** The cache of an engine whose services have none. */
final class NoCache {
    private NoCache() {}

    static HttpCache make() {
        return HttpCache.create(MemoryCacheStore.ofBytes(0), CacheLimits.ofBytes(0));
    }
}
