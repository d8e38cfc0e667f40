package dev.gapless.proxy.cache;

import dev.gapless.proxy.CacheLimits;
import dev.gapless.proxy.spi.CacheStore;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** How much is kept. */
final class MemoryCacheStoreTest {
    private static final long GIBIBYTE = 1L << 30;

    private record Url(String path) implements CacheStore.Key {}

    private static void store(CacheFixture proxy, String url, int bytes) {
        proxy.exchange(proxy.request("GET", url, ""), 200, "Cache-Control: max-age=60", "x".repeat(bytes));
    }

    @Test
    void theStoreStaysWithinItsBytes() {
        CacheFixture proxy = new CacheFixture(new CacheLimits(100_000, 10_000, 1 << 20, 10));
        for (int i = 0; i < 100; i++) {
            store(proxy, CacheFixture.URL + i, 5_000);
            assertThat(proxy.store.weight()).isLessThanOrEqualTo(100_000);
        }
        assertThat(proxy.store.weight()).isGreaterThan(50_000);
    }

    @Test
    void anEntryWeighsMoreThanItsBody() {
        CacheFixture proxy = new CacheFixture();
        store(proxy, CacheFixture.URL, 5_000);
        assertThat(proxy.store.weight()).isBetween(5_500L, 6_500L);
        store(proxy, CacheFixture.URL + "?" + "q".repeat(1000), 0);
        assertThat(proxy.store.weight()).isBetween(7_000L, 8_500L);
    }

    @Test
    void anObjectHasALimitOfItsOwn() {
        CacheFixture proxy = new CacheFixture(new CacheLimits(100_000, 1_000, 1 << 20, 10));
        store(proxy, CacheFixture.URL, 1_000);
        assertThat(proxy.outcome("")).isEqualTo("hit");
        Fill fill = proxy.ask(proxy.request("GET", CacheFixture.URL + "2", ""));
        assertThat(proxy.respond(fill, 200, "Cache-Control: max-age=60 // Content-Length: 1001"))
                .isInstanceOf(FillStep.Pass.class);
    }

    @Test
    void whatIsGivenUpIsAskedForAgain() {
        CacheFixture proxy = new CacheFixture(new CacheLimits(2_000, 2_000, 1 << 20, 10));
        store(proxy, CacheFixture.URL, 2_000);
        assertThat(proxy.outcome("")).isEqualTo("fwd=uri-miss");
    }

    @Test
    void anEntryOfMoreThanTwoGibibytesWeighsWhatItSays() {
        MemoryCacheStore store = MemoryCacheStore.ofBytes(4 * GIBIBYTE);
        store.update(new Url("/one"), none -> () -> 3 * GIBIBYTE);
        assertThat(store.weight()).isBetween(3 * GIBIBYTE, 3 * GIBIBYTE + 3);
        store.update(new Url("/two"), none -> () -> 3 * GIBIBYTE);
        store.update(new Url("/three"), none -> () -> 1024 * GIBIBYTE);

        AtomicLong kept = new AtomicLong();
        store.forEach((key, entry) -> kept.addAndGet(entry.weight()));
        assertThat(kept).hasValue(3 * GIBIBYTE);
    }

    @Test
    void limitsAreChecked() {
        assertThatThrownBy(() -> new CacheLimits(-1, 0, 0, 0)).hasMessage("max cache bytes -1 must not be negative");
        assertThatThrownBy(() -> new CacheLimits(10, 11, 0, 0))
                .hasMessage("max object bytes 11 must be at most 10 (all bytes together, or 1 GiB)");
        assertThat(CacheLimits.defaults()).isEqualTo(new CacheLimits(64 << 20, 1 << 20, 32 << 20, 65_536));
        assertThat(CacheLimits.ofBytes(1000).maxObjectBytes()).isEqualTo(1000);
    }
}
