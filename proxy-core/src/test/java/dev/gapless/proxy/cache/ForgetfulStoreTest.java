package dev.gapless.proxy.cache;

import dev.gapless.proxy.CacheLimits;
import dev.gapless.proxy.CacheOptions;
import dev.gapless.proxy.CachePurge;
import dev.gapless.proxy.DescribedRequest;
import dev.gapless.proxy.spi.CacheStore;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** A store may forget whatever it likes, whenever it likes. */
final class ForgetfulStoreTest {
    /** Forgets at once. */
    private static final class ForgetfulStore implements CacheStore {
        private final List<Entry> seen = new ArrayList<>();

        @Override
        public Entry get(Key key) {
            return null;
        }

        @Override
        public void update(Key key, UnaryOperator<Entry> change) {
            seen.add(change.apply(null));
        }

        @Override
        public void forEach(BiConsumer<Key, Entry> visitor) {}

        @Override
        public long weight() {
            return 0;
        }
    }

    private final ForgetfulStore store = new ForgetfulStore();
    private final HttpCache cache = HttpCache.create(store, CacheLimits.defaults());
    private final Instant now = Instant.parse("2026-11-21T12:00:00Z");
    private final CacheRequest request = new CacheRequest(
            DescribedRequest.to("http://example.com/"),
            CacheKey.of("shop", "http", "example.com", "/", null),
            CacheOptions.defaults(),
            1);

    @Test
    void whoWaitsIsAnsweredThoughNothingIsKept() {
        Fill fill = CacheFixture.ask(cache.decide(request, decision -> {}, now));
        List<CacheDecision> told = new ArrayList<>();
        assertThat(cache.decide(request, CacheFixture.telling(told), now)).isInstanceOf(CacheDecision.Wait.class);
        fill.responded(new ResponseHead(200, List.of(new Field("Cache-Control", "max-age=60"))), 1, now);
        fill.append(ByteBuffer.wrap(new byte[] {'h', 'i'}), () -> {});
        fill.complete(now);
        assertThat(CacheFixture.text(CacheFixture.answer(told.get(0)))).isEqualTo("hi");
        assertThat(store.seen).hasSize(1);
        assertThat(cache.decide(request, decision -> {}, now)).isInstanceOf(CacheDecision.Ask.class);
    }

    @Test
    void thereIsNothingToPurge() {
        assertThat(cache.purge(CachePurge.everything())).isZero();
        cache.forwarded(
                new CacheRequest(
                        DescribedRequest.to("http://example.com/").withMethod("POST"),
                        request.key(),
                        CacheOptions.defaults(),
                        1),
                new ResponseHead(200, List.of()));
        assertThat(store.seen).containsOnlyNulls();
    }
}
