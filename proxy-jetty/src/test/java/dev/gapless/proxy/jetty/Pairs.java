package dev.gapless.proxy.jetty;

import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/**
 * Two kinds of things that a test tries together. Each of one kind goes with each of the other where the property
 * {@code test.pairs} is {@code all}; otherwise each of both kinds has its turn, as few times as that takes.
 */
public final class Pairs {
    private static final boolean ALL = "all".equals(System.getProperty("test.pairs"));

    private Pairs() {}

    public static Stream<Arguments> of(Object[] these, Object[] those) {
        return ALL
                ? Stream.of(these).flatMap(one -> Stream.of(those).map(other -> Arguments.of(one, other)))
                : IntStream.range(0, Math.max(these.length, those.length))
                        .mapToObj(i -> Arguments.of(inTurn(these, i), inTurn(those, i)));
    }

    /** Begins one further in each round, so that not each second of one kind always meets the same half of the other. */
    private static Object inTurn(Object[] things, int i) {
        return things[(i + i / things.length) % things.length];
    }
}
