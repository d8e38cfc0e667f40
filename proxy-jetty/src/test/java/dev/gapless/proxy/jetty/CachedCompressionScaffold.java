package dev.gapless.proxy.jetty;

import dev.gapless.proxy.CompressionOptions;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.cache.MemoryCacheStore;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/**
 * A service that is cached and compresses. Of two bodies that were compressed each for itself, the padding would differ, but for a
 * chance of one in a hundred: so those that are compared by its tests are three.
 */
abstract class CachedCompressionScaffold extends CacheScaffold {
    static final String TEXT = "All work and no play makes Jack a dull boy.\n".repeat(100);
    static final String HTML = "Content-Type: text/html";
    static final String GZIP = "Accept-Encoding: gzip";

    final MemoryCacheStore store = MemoryCacheStore.ofBytes(64 << 20);

    static ServiceOptions.Builder both() {
        return cached().compression(CompressionOptions.defaults());
    }

    final RawTarget serveBoth(RawTarget target) {
        return serveBoth(target, both().build());
    }

    final RawTarget serveBoth(RawTarget target, ServiceOptions options) {
        proxy = proxy == null ? start(caching().cacheStore(store)) : proxy;
        return serveCached(target, options);
    }

    static String page(String... fields) {
        return pageOf(TEXT, fields);
    }

    static String pageOf(String body, String... fields) {
        List<String> all = new ArrayList<>(List.of(fields));
        all.add(HTML);
        return fresh(body, all.toArray(String[]::new));
    }

    @AfterEach
    void noEncoderIsLeft() {
        eventually("every encoder is closed", () -> proxy.assembly.encoders().open() == 0);
    }
}
