package dev.gapless.proxy.cache;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The part of a body that a request asks for (RFC 9110, section 14). Only a single range is: who asks for several gets the whole,
 * which section 14.2 allows, and which costs less than what a hostile list of ranges would.
 *
 * @param from the first byte
 * @param to the first byte that is not asked for any more; equal to the first if there are no such bytes
 */
record ByteRange(long from, long to) {
    /** No byte is in the range: 416. */
    static final ByteRange UNSATISFIABLE = new ByteRange(0, 0);

    private static final String UNIT = "bytes=";

    /** {@return the range, or null if the whole is to be sent} */
    static @Nullable ByteRange parse(String header, long length) {
        if (!header.toLowerCase(Locale.ROOT).startsWith(UNIT) || header.indexOf(',') >= 0) {
            return null;
        }
        String range = header.substring(UNIT.length()).strip();
        int dash = range.indexOf('-');
        if (dash < 0) {
            return null;
        }
        String first = range.substring(0, dash);
        String last = range.substring(dash + 1);
        return first.isEmpty() ? suffix(last, length) : from(first, last, length);
    }

    private static @Nullable ByteRange suffix(String count, long length) {
        long wanted = FieldValues.length(count);
        if (wanted == FieldValues.INVALID) {
            return null;
        }
        return wanted == 0 || length == 0 ? UNSATISFIABLE : new ByteRange(Math.max(0, length - wanted), length);
    }

    private static @Nullable ByteRange from(String first, String last, long length) {
        long from = FieldValues.length(first);
        long to = last.isEmpty() ? Long.MAX_VALUE - 1 : FieldValues.length(last);
        if (from == FieldValues.INVALID || to < from) {
            return null;
        }
        return from >= length ? UNSATISFIABLE : new ByteRange(from, Math.min(length, to + 1));
    }

    boolean isUnsatisfiable() {
        return from == to;
    }

    /** {@return the value of {@code Content-Range}} */
    String contentRange(long length) {
        return isUnsatisfiable() ? "bytes */" + length : "bytes " + from + "-" + (to - 1) + "/" + length;
    }
}
