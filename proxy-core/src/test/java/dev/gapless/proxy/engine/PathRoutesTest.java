package dev.gapless.proxy.engine;

import dev.gapless.proxy.Balancing;
import dev.gapless.proxy.RetryOptions;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TargetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** The binary search over prefixes, compared with asking each of them. */
final class PathRoutesTest {
    /** Some sort before the slash and some after it, and some begin with others. */
    private static final List<String> SEGMENTS =
            List.of("a", "b", "ab", "a!", "a-b", "a.b", "a0", "A", "aa", "ä", "äb", "€", "😀", "~", "a b");

    private final ManualTime time = new ManualTime();
    private final HexFormat hex = HexFormat.of();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void thePrefixFoundIsTheLongestOfThoseThatTakeThePath(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 60; round++) {
            Set<String> prefixes = new TreeSet<>();
            for (int i = random.nextInt(30); i >= 0; i--) {
                prefixes.add(prefix(random));
            }
            PathRoutes routes = routes(prefixes);
            for (int i = 0; i < 60; i++) {
                compare(routes, prefixes, path(random));
            }
        }
    }

    private void compare(PathRoutes routes, Set<String> prefixes, Path path) {
        String expected = prefixes.stream()
                .filter(prefix -> takes(prefix, path.decoded()))
                .max(Comparator.comparingInt(String::length))
                .orElse(null);

        RequestPath raw = RequestPath.of(path.raw());
        Route route = routes.match(raw);

        assertThat(route == null ? null : route.service().name())
                .as("%s, that is %s, among %s", path.raw(), path.decoded(), prefixes)
                .isEqualTo(expected);
        if (route != null) {
            assertThat(raw.after(route.prefix())).as(path.raw()).isEqualTo(path.after(expected));
        }
    }

    private static boolean takes(String prefix, String path) {
        return prefix.equals("/") || path.equals(prefix) || path.startsWith(prefix + "/");
    }

    private static String prefix(Random random) {
        StringBuilder prefix = new StringBuilder();
        for (int i = random.nextInt(4); i > 0; i--) {
            prefix.append('/').append(SEGMENTS.get(random.nextInt(SEGMENTS.size())));
        }
        return prefix.isEmpty() ? "/" : prefix.toString();
    }

    private Path path(Random random) {
        Map<String, String> rests = new LinkedHashMap<>();
        StringBuilder decoded = new StringBuilder();
        StringBuilder raw = new StringBuilder();
        Map<String, Integer> ends = new LinkedHashMap<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            String segment = SEGMENTS.get(random.nextInt(SEGMENTS.size()));
            decoded.append('/').append(segment);
            raw.append('/').append(encoded(segment, random));
            ends.put(decoded.toString(), raw.length());
        }
        if (raw.isEmpty() || random.nextInt(4) == 0) {
            decoded.append('/');
            raw.append('/');
        }
        ends.forEach((prefix, end) -> rests.put(prefix, raw.substring(end)));
        return new Path(decoded.toString(), raw.toString(), rests);
    }

    /** Encodes none, some or all of the bytes, in either case. */
    private String encoded(String segment, Random random) {
        int share = random.nextInt(3);
        StringBuilder encoded = new StringBuilder();
        segment.codePoints().mapToObj(Character::toString).forEach(character -> {
            if (random.nextInt(2) < share) {
                for (byte b : character.getBytes(StandardCharsets.UTF_8)) {
                    String digits = hex.toHexDigits(b);
                    encoded.append('%')
                            .append(
                                    random.nextBoolean()
                                            ? digits
                                            : HexFormat.of().withUpperCase().toHexDigits(b));
                }
            } else {
                encoded.append(character);
            }
        });
        return encoded.toString();
    }

    /**
     * A path in both forms.
     *
     * @param rests what the client wrote after each beginning of the path that ends with a segment
     */
    private record Path(String decoded, String raw, Map<String, String> rests) {
        String after(String prefix) {
            if (prefix.equals("/")) {
                return raw;
            }
            String rest = rests.get(prefix);
            return rest.isEmpty() ? "/" : rest;
        }
    }

    private PathRoutes routes(Set<String> prefixes) {
        Pool pool = new PoolFactory(new ExpiryWatch(), Map.of())
                .newPool(List.of(TargetAddress.parse("web:80")), List.of(), Balancing.defaults());
        return PathRoutes.EMPTY.changed(byPrefix -> prefixes.forEach(prefix -> byPrefix.put(
                RequestPath.prefixKey(prefix),
                new Service(
                        prefix,
                        ServiceOptions.defaults(),
                        pool,
                        null,
                        1,
                        new Gate(),
                        new RetryBudget(time, RetryOptions.defaults()),
                        TlsEdge.Prepared.NOTHING,
                        StaticDirectories.NONE))));
    }

    @Test
    void aChangeLeavesTheOriginalAsItWas() {
        PathRoutes before = routes(Set.of("/a"));

        PathRoutes after = before.changed(Map::clear);

        assertThat(after.isEmpty()).isTrue();
        assertThat(before.match(RequestPath.of("/a"))).isNotNull();
        assertThat(after.match(RequestPath.of("/a"))).isNull();
    }
}
