package dev.gapless.proxy.cache;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** What is remembered of URLs whose responses could not be stored. */
class UnsharedTest {
    private final Unshared unshared = new Unshared();

    private static CacheKey key(String path, int number) {
        return CacheKey.of("shop", "http", "example.com", path, "id=" + number);
    }

    @Test
    void isRememberedForTenSecondsWhicheverWayTheClockGoes() {
        unshared.add(key("/", 1), 100_000);

        assertThat(unshared.has(key("/", 1), 100_000)).isTrue();
        assertThat(unshared.has(key("/", 1), 109_999)).isTrue();
        assertThat(unshared.has(key("/", 1), 110_000)).isFalse();
        assertThat(unshared.has(key("/", 1), 99_999)).isFalse();
        assertThat(unshared.has(key("/", 2), 100_000)).isFalse();
    }

    @Test
    void longUrlsTakeNoMoreMemoryThanShortOnes() {
        String path = "/" + "x".repeat(60_000);

        for (int i = 0; i < 1000; i++) {
            unshared.add(key(path, i), 0);
        }

        assertThat(unshared.weight()).isBetween(1L, 4L << 20);
    }

    @Test
    void aUrlThatIsAskedForAgainAndAgainIsRememberedAmongManyThatAreNot() {
        for (int i = 0; i < 50_000; i++) {
            unshared.add(key("/", i), 0);
        }

        for (int i = 0; i < 10; i++) {
            unshared.add(key("/often", 0), 0);
        }

        assertThat(unshared.has(key("/often", 0), 0)).isTrue();
    }
}
