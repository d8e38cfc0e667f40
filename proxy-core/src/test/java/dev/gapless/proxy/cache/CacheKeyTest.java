package dev.gapless.proxy.cache;

import dev.gapless.proxy.spi.CacheStore;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Keys, and variants, in hash tables. */
class CacheKeyTest {
    /** Two strings of one hash, of which longer ones are made. */
    private static final List<String> OF_ONE_HASH = List.of("Aa", "BB");

    private record Empty(long weight) implements CacheStore.Entry {}

    private static CacheKey url(String path) {
        return CacheKey.of("shop", "http", "example.com", path, null);
    }

    /** {@return a path that has a hash with all others of the same number of digits} */
    private static String path(int number, int digits) {
        StringBuilder path = new StringBuilder("/");
        for (int digit = 0; digit < digits; digit++) {
            path.append(OF_ONE_HASH.get(number >> digit & 1));
        }
        return path.toString();
    }

    @Test
    void theirOrderTellsApartWhatIsNotTheSame() {
        List<CacheKey> keys = List.of(
                new CacheKey("shop", "GET", "http", "example.com", "/", null),
                new CacheKey("news", "GET", "http", "example.com", "/", null),
                new CacheKey("shop", "HEAD", "http", "example.com", "/", null),
                new CacheKey("shop", "GET", "https", "example.com", "/", null),
                new CacheKey("shop", "GET", "http", "Example.com", "/", null),
                new CacheKey("shop", "GET", "http", "example.com", "/a", null),
                new CacheKey("shop", "GET", "http", "example.com", "/", ""),
                new CacheKey("shop", "GET", "http", "example.com", "/", "a"));

        assertOrdered(keys);
    }

    private static <T extends Comparable<T>> void assertOrdered(List<T> all) {
        for (T one : all) {
            for (T other : all) {
                assertThat(one.compareTo(other) == 0)
                        .as("%s and %s", one, other)
                        .isEqualTo(one.equals(other));
                assertThat(Integer.signum(one.compareTo(other))).isEqualTo(-Integer.signum(other.compareTo(one)));
            }
        }
    }

    @Test
    void soDoesThatOfVariants() {
        List<Variant> variants = Stream.of("", "Foo: 1", "Foo: 2", "Foo: 1 // Bar: 1", "X-Original-URL: /a", "Bar: 1")
                .map(fields -> new CacheFixture().request("GET", CacheFixture.URL, fields))
                .flatMap(request -> Stream.of(List.<String>of(), List.of("foo"), List.of("bar", "foo"))
                        .map(names -> Variant.of(
                                request.head(), names, request.options().keyHeaders())))
                .toList();

        assertOrdered(variants);
    }

    /** Minutes, if each of them were compared with all others. */
    @Test
    void urlsThatSomebodyHasMadeToHaveOneHashAreStoredAndFoundAsOthersAre() {
        int digits = 15;
        List<CacheKey> keys = IntStream.range(0, 1 << digits)
                .mapToObj(number -> url(path(number, digits)))
                .toList();
        assertThat(keys).extracting(CacheKey::hashCode).containsOnly(keys.get(0).hashCode());
        MemoryCacheStore store = MemoryCacheStore.ofBytes(1 << 20);

        keys.forEach(key -> store.update(key, none -> new Empty(1)));

        assertThat(keys).allSatisfy(key -> assertThat(store.get(key)).isNotNull());
    }

    /** As many are under way at once. */
    @Test
    void soAreVariantsOfOneUrlThatAreAskedFor() {
        CacheFixture proxy = new CacheFixture();
        proxy.exchange("Foo: 1", 200, "Cache-Control: max-age=60 // Vary: Foo");
        int digits = 13;

        List<Fill> fills = IntStream.range(0, 1 << digits)
                .mapToObj(number -> proxy.request("GET", CacheFixture.URL, "Foo: " + path(number, digits)))
                .map(request -> CacheFixture.ask(proxy.decide(request)))
                .toList();

        fills.forEach(fill -> fill.close(proxy.now()));
        assertThat(proxy.cache.running()).isZero();
    }
}
