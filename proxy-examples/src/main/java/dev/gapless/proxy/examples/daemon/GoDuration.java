package dev.gapless.proxy.examples.daemon;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as Go writes them: {@code 300ms}, {@code 1.5s}, {@code 1h30m}, {@code -2m}; zero needs no unit. */
final class GoDuration {
    private static final Map<String, Long> NANOS = Map.of(
            "ns", 1L,
            "us", 1_000L,
            "\u00b5s", 1_000L,
            "\u03bcs", 1_000L,
            "ms", 1_000_000L,
            "s", 1_000_000_000L,
            "m", 60_000_000_000L,
            "h", 3_600_000_000_000L);
    private static final Pattern PART =
            Pattern.compile("(?<number>[0-9]+\\.?[0-9]*|\\.[0-9]+)(?<unit>ns|us|\u00b5s|\u03bcs|ms|s|m|h)");
    private static final BigDecimal MOST = BigDecimal.valueOf(Long.MAX_VALUE);

    private GoDuration() {}

    /** Reads a duration, or throws an {@link IllegalArgumentException} that quotes it. */
    static Duration parse(String text) {
        boolean signed = text.startsWith("-") || text.startsWith("+");
        String unsigned = signed ? text.substring(1) : text;
        BigDecimal nanos = unsigned.equals("0") ? BigDecimal.ZERO : sumOfParts(text, unsigned);
        if (nanos.compareTo(MOST) > 0) {
            throw new IllegalArgumentException("duration \"" + text + "\" is too long");
        }
        long whole = nanos.setScale(0, RoundingMode.DOWN).longValueExact();
        return Duration.ofNanos(text.startsWith("-") ? -whole : whole);
    }

    private static BigDecimal sumOfParts(String text, String unsigned) {
        Matcher part = PART.matcher(unsigned);
        BigDecimal nanos = BigDecimal.ZERO;
        int end = 0;
        while (end < unsigned.length() && part.find(end) && part.start() == end) {
            BigDecimal unit = BigDecimal.valueOf(NANOS.getOrDefault(part.group("unit"), 0L));
            nanos = nanos.add(new BigDecimal(part.group("number")).multiply(unit));
            end = part.end();
        }
        if (end == 0 || end < unsigned.length()) {
            throw new IllegalArgumentException(
                    "duration \"" + text + "\" is not like \"300ms\", \"1.5s\", \"2m\" or \"1h30m\"");
        }
        return nanos;
    }
}
