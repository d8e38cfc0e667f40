package dev.gapless.proxy;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

final class RolloutSplitTest {
    /** From the specification of FNV (draft-eastlake-fnv), by arithmetic on numbers of any size. */
    private static final BigInteger OFFSET_BASIS = new BigInteger("2166136261");

    private static final BigInteger PRIME =
            BigInteger.ONE.shiftLeft(24).add(BigInteger.ONE.shiftLeft(8)).add(BigInteger.valueOf(0x93));
    private static final BigInteger MODULUS = BigInteger.ONE.shiftLeft(32);
    private static final BigInteger MAX_HASH = MODULUS.subtract(BigInteger.ONE);

    private static BigInteger fnv1a(String key) {
        BigInteger hash = OFFSET_BASIS;
        for (byte octet : key.getBytes(StandardCharsets.UTF_8)) {
            BigInteger value = new BigInteger(1, new byte[] {octet});
            hash = hash.xor(value).multiply(PRIME).mod(MODULUS);
        }
        return hash;
    }

    /** {@code hash <= 4294967295 * percent / 100}, in fractions. */
    private static boolean isIn(BigInteger hash, int percent) {
        return percent > 0
                && hash.multiply(BigInteger.valueOf(100)).compareTo(MAX_HASH.multiply(BigInteger.valueOf(percent)))
                        <= 0;
    }

    /** Vectors published with the specification. */
    @ParameterizedTest
    @CsvSource({
        "'', 811c9dc5",
        "a, e40c292c",
        "b, e70c2de5",
        "c, e60c2c52",
        "fo, 6222e842",
        "foo, a9f37ed7",
        "foob, 3f5076ef",
        "fooba, 39aaa18a",
        "foobar, bf9cf968"
    })
    void theIndependentImplementationIsRight(String key, String hash) {
        assertThat(fnv1a(key).toString(16)).isEqualTo(hash);
    }

    @Test
    void theSplitMatchesTheIndependentImplementationOnAHundredThousandValues() {
        Random random = new Random(20_260_101);
        RolloutSplit[] splits = new RolloutSplit[101];
        for (int percent = 0; percent <= 100; percent++) {
            splits[percent] = RolloutSplit.percent(percent);
        }
        for (int i = 0; i < 100_000; i++) {
            String key = key(random, i);
            BigInteger hash = fnv1a(key);
            // All shares of each value would take long; the two at the value's own limit are those that can be wrong.
            int limit = hash.multiply(BigInteger.valueOf(100)).divide(MAX_HASH).intValue();
            for (int percent : new int[] {limit, Math.min(100, limit + 1), random.nextInt(101)}) {
                if (splits[percent].includes(key) != isIn(hash, percent)) {
                    throw new AssertionError("key \"" + key + "\" with hash " + hash + " at " + percent + "%");
                }
            }
        }
    }

    private static String key(Random random, int number) {
        return switch (number % 4) {
            case 0 -> String.valueOf(number);
            case 1 -> new UUID(random.nextLong(), random.nextLong()).toString();
            case 2 ->
                random.ints(1 + random.nextInt(20), 0x20, 0x7F)
                        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                        .toString();
            default ->
                random.ints(1 + random.nextInt(8), 0x80, 0x1_F000)
                        .filter(Character::isDefined)
                        .filter(c -> c < 0xD800 || c > 0xDFFF)
                        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                        .append(number)
                        .toString();
        };
    }

    /** As Kamal Proxy computes the limit, in floating point. */
    @Test
    void theLimitOfEachShareIsTheOneOfKamalProxy() {
        for (int percent = 1; percent <= 100; percent++) {
            double limit = 4_294_967_295.0 * (percent / 100.0);
            assertThat((long) limit).isEqualTo(4_294_967_295L * percent / 100);
        }
    }

    @Test
    void aLargerShareKeepsThoseWhoAreIn() {
        for (int i = 0; i < 200; i++) {
            boolean in = false;
            for (int percent = 0; percent <= 100; percent++) {
                boolean now = RolloutSplit.percent(percent).includes("client " + i);
                assertThat(now || !in).isTrue();
                in = now;
            }
            assertThat(in).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Z2Uacic", "Zb4acOx", "qfzadN5"})
    void zeroPercentAdmitsNobodyNotEvenAHashOfZero(String key) {
        assertThat(fnv1a(key)).isEqualTo(BigInteger.ZERO);
        assertThat(RolloutSplit.percent(0).includes(key)).isFalse();
        assertThat(RolloutSplit.percent(1).includes(key)).isTrue();
    }

    @Test
    void listedKeysAreInWhateverTheirHash() {
        RolloutSplit split = new RolloutSplit(0, Set.of("ann", "bob"));

        assertThat(split.includes("ann")).isTrue();
        assertThat(split.includes("Ann")).isFalse();
        assertThat(split.includes("")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 101, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void aShareOutsideZeroToAHundredIsRefused(int percent) {
        assertThatThrownBy(() -> RolloutSplit.percent(percent))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(String.valueOf(percent))
                .hasMessageContaining("0 to 100");
    }

    @Test
    void aListNeedsKeysAndNoneIsEmpty() {
        assertThatThrownBy(() -> RolloutSplit.allowing(List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at least one");
        assertThatThrownBy(() -> RolloutSplit.allowing(List.of("a", "")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("empty key");
        assertThatThrownBy(() -> new RolloutSplit(10, Set.of(""))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void keysGivenTwiceCountOnce() {
        assertThat(RolloutSplit.allowing(List.of("a", "a")).allowlist()).containsExactly("a");
    }

    @Test
    void aSplitIsSaidInWords() {
        assertThat(RolloutSplit.percent(10)).hasToString("10%");
        assertThat(RolloutSplit.percent(0)).hasToString("0%");
        assertThat(RolloutSplit.allowing(List.of("b", "a"))).hasToString("[a, b]");
        assertThat(new RolloutSplit(5, Set.of("a"))).hasToString("5% and [a]");
    }
}
