package dev.gapless.proxy.cache;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Dates as RFC 9110, section 5.6.7, has them: one form to write and three to read, all in milliseconds since 1970. */
final class HttpDates {
    static final long INVALID = Long.MIN_VALUE;

    private static final String MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";
    private static final DateTimeFormatter IMF = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private HttpDates() {}

    static String format(long millis) {
        return IMF.format(Instant.ofEpochMilli(millis));
    }

    /**
     * {@return what the text means, or {@link #INVALID}}
     *
     * @param now decides on the century of years with two digits
     */
    static long parse(@Nullable String text, long now) {
        if (text == null) {
            return INVALID;
        }
        try {
            int comma = text.indexOf(',');
            if (comma < 0) {
                return asctime(text);
            }
            String date = text.substring(comma + 1);
            return comma == 3 ? imf(date) : rfc850(date, now);
        } catch (DateTimeException | IndexOutOfBoundsException e) {
            return INVALID;
        }
    }

    /** {@code " 06 Nov 1994 08:49:37 GMT"}. */
    private static long imf(String text) {
        if (text.length() != 25 || !shaped(text, " dd mmm dddd ") || !text.endsWith(" GMT")) {
            return INVALID;
        }
        return millis(number(text, 8, 12), text.substring(4, 7), number(text, 1, 3), text.substring(13, 21));
    }

    /** {@code " 06-Nov-94 08:49:37 GMT"}; a year that seems to be more than 50 years ahead is of the last century. */
    private static long rfc850(String text, long now) {
        if (text.length() != 23 || !shaped(text, " dd-mmm-dd ") || !text.endsWith(" GMT")) {
            return INVALID;
        }
        int thisYear = Instant.ofEpochMilli(now).atOffset(ZoneOffset.UTC).getYear();
        int year = thisYear / 100 * 100 + number(text, 8, 10);
        return millis(
                year > thisYear + 50 ? year - 100 : year,
                text.substring(4, 7),
                number(text, 1, 3),
                text.substring(11, 19));
    }

    /** {@code "Sun Nov  6 08:49:37 1994"}. */
    private static long asctime(String text) {
        if (text.length() != 24 || text.charAt(3) != ' ' || text.charAt(7) != ' ' || text.charAt(19) != ' ') {
            return INVALID;
        }
        int day = text.charAt(8) == ' ' ? number(text, 9, 10) : number(text, 8, 10);
        return millis(number(text, 20, 24), text.substring(4, 7), day, text.substring(11, 19));
    }

    private static boolean shaped(String text, String shape) {
        for (int i = 0; i < shape.length(); i++) {
            char c = text.charAt(i);
            boolean fits = switch (shape.charAt(i)) {
                case 'd' -> c >= '0' && c <= '9';
                case 'm' -> (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
                default -> c == shape.charAt(i);
            };
            if (!fits) {
                return false;
            }
        }
        return true;
    }

    private static long millis(int year, String month, int day, String time) {
        int place = MONTHS.indexOf(month);
        if (place < 0 || place % 3 != 0 || time.charAt(2) != ':' || time.charAt(5) != ':') {
            return INVALID;
        }
        int hour = number(time, 0, 2);
        int minute = number(time, 3, 5);
        int second = number(time, 6, 8);
        // 60 is a leap second.
        if (hour > 23 || minute > 59 || second > 60) {
            return INVALID;
        }
        long days = LocalDate.of(year, place / 3 + 1, day).toEpochDay();
        return (days * 86_400 + hour * 3600L + minute * 60L + second) * 1000;
    }

    private static int number(String text, int from, int to) {
        int number = 0;
        for (int i = from; i < to; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                throw new DateTimeException("no digit");
            }
            number = number * 10 + digit;
        }
        return number;
    }
}
