package dev.gapless.proxy.cache;

import dev.gapless.proxy.RequestHead;
import org.jspecify.annotations.Nullable;

/**
 * What there is to answer with, before the conditions and the range of a request are looked at: those are judged here, in the
 * order of RFC 9110, section 13.2.2.
 *
 * @param etag its entity tag, or null
 * @param lastModified its {@code Last-Modified} as it is written, or null
 * @param length its length in bytes
 */
public record Representation(
        @Nullable String etag, @Nullable String lastModified, long length) {
    /** {@code Last-Modified} in whole seconds is strong if it is that much older than the answer (section 8.8.2.2). */
    private static final long STRONG_AFTER_MILLIS = 1000;

    /**
     * What a request is to get of it.
     *
     * @param status 200, 206, 304, 412 or 416
     * @param from the first byte
     * @param to the byte after the last
     */
    public record Part(int status, long from, long to) {
        /** {@return how many bytes that is} */
        public long length() {
            return to - from;
        }

        /**
         * {@return the value of {@code Content-Range}, for 206 and 416}
         *
         * @param whole the length of the whole
         */
        public String contentRange(long whole) {
            return new ByteRange(from, to).contentRange(whole);
        }
    }

    /**
     * Writes a date as header fields have it.
     *
     * @param millis since 1970
     * @return the date, in whole seconds
     */
    public static String date(long millis) {
        return HttpDates.format(millis);
    }

    /**
     * Judges a request with {@code GET} or {@code HEAD}.
     *
     * @param request the request
     * @param nowMillis since 1970
     * @return what it is to get
     */
    public Part judge(RequestHead request, long nowMillis) {
        if (!mayProceed(request, nowMillis)) {
            return new Part(412, 0, 0);
        } else if (isKnown(request, nowMillis)) {
            return new Part(304, 0, 0);
        }
        String range = request.header("Range");
        // Of HEAD ranges are not defined (section 14.2).
        ByteRange part = range == null || !request.method().equals("GET") || !isContinued(request, nowMillis)
                ? null
                : ByteRange.parse(range, length);
        if (part == null) {
            return new Part(200, 0, length);
        }
        return new Part(part.isUnsatisfiable() ? 416 : 206, part.from(), part.to());
    }

    /** {@code If-Match}, or else {@code If-Unmodified-Since}. */
    private boolean mayProceed(RequestHead request, long now) {
        String tags = request.header("If-Match");
        if (tags != null) {
            return tags.strip().equals("*")
                    || FieldValues.list(tags).stream().anyMatch(tag -> EntityTags.matchStrongly(tag, etag));
        }
        long since = HttpDates.parse(request.header("If-Unmodified-Since"), now);
        long modified = HttpDates.parse(lastModified, now);
        return since == HttpDates.INVALID || modified == HttpDates.INVALID || modified <= since;
    }

    /** {@code If-None-Match}, or else {@code If-Modified-Since}. */
    private boolean isKnown(RequestHead request, long now) {
        String tags = request.header("If-None-Match");
        if (tags != null) {
            return EntityTags.anyMatches(tags, etag);
        }
        long since = HttpDates.parse(request.header("If-Modified-Since"), now);
        long modified = HttpDates.parse(lastModified, now);
        return since != HttpDates.INVALID && modified != HttpDates.INVALID && modified <= since;
    }

    /** {@code If-Range} (section 13.1.5): with a date by who has no strong tag, as within a second there may be two changes. */
    private boolean isContinued(RequestHead request, long now) {
        String version = request.header("If-Range");
        if (version == null) {
            return true;
        }
        if (version.startsWith("\"") || version.startsWith("W/")) {
            return EntityTags.matchStrongly(version, etag);
        }
        long modified = HttpDates.parse(lastModified, now);
        return !EntityTags.isStrong(etag)
                && modified != HttpDates.INVALID
                && version.equals(lastModified)
                && now - modified >= STRONG_AFTER_MILLIS;
    }
}
