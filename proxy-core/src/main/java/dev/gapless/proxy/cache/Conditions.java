package dev.gapless.proxy.cache;

import dev.gapless.proxy.RequestHead;
import org.jspecify.annotations.Nullable;

/** The conditions of requests, judged by what is stored (RFC 9111, section 4.3.2; RFC 9110, sections 13.1 and 13.2.2). */
final class Conditions {
    private Conditions() {}

    /** Whether the client has what is stored; {@code If-None-Match}, if there is one, decides alone. */
    static boolean notModified(RequestHead request, StoredResponse stored, long now) {
        if (stored.status() != 200) {
            return false;
        }
        String tags = request.header("If-None-Match");
        if (tags != null) {
            return EntityTags.anyMatches(tags, stored.etag());
        }
        long since = HttpDates.parse(request.header("If-Modified-Since"), now);
        return since != HttpDates.INVALID && modified(stored, now) <= since;
    }

    /** A response that does not say when it was modified was so at the latest when it was made. */
    private static long modified(StoredResponse stored, long now) {
        long modified = HttpDates.parse(stored.lastModified(), now);
        return modified == HttpDates.INVALID ? stored.freshness().date() : modified;
    }

    /** {@return the range that the client is to get, or null for the whole} */
    static @Nullable ByteRange range(CacheRequest request, StoredResponse stored, long now) {
        long length = stored.body().totalLength();
        if (!request.isGet() || stored.status() != 200 || length < 0) {
            return null;
        }
        String range = request.head().header("Range");
        return range == null || !hasSameVersion(request.head(), stored, now) ? null : ByteRange.parse(range, length);
    }

    /** {@code If-Range} (RFC 9110, section 13.1.5): only what is the same byte for byte may be continued. */
    private static boolean hasSameVersion(RequestHead request, StoredResponse stored, long now) {
        String version = request.header("If-Range");
        if (version == null) {
            return true;
        }
        if (version.startsWith("\"") || version.startsWith("W/")) {
            return EntityTags.matchStrongly(version, stored.etag());
        }
        long date = HttpDates.parse(version, now);
        // A date is a strong validator if nothing can have changed within its second (section 8.8.2.2).
        return date != HttpDates.INVALID
                && version.equals(stored.lastModified())
                && stored.freshness().date() - date >= 1000;
    }

    /** Whether a response that was asked for with the validators of a stored one says that this one is still right. */
    static boolean confirms(ResponseHead notModified, StoredResponse stored) {
        String tag = notModified.first("ETag");
        if (tag != null && stored.etag() != null) {
            // A target that compresses makes the tag weak, and may not do so in the 304.
            return EntityTags.matchWeakly(tag, stored.etag());
        }
        String modified = notModified.first("Last-Modified");
        return modified == null || stored.lastModified() == null || modified.equals(stored.lastModified());
    }

    /** Whether the head of a response is that of the stored one, as far as it says (RFC 9111, section 4.3.5). */
    static boolean sameRepresentation(ResponseHead head, StoredResponse stored) {
        return head.status() == stored.status()
                && same(head, stored, "ETag")
                && same(head, stored, "Last-Modified")
                && same(head, stored, "Content-Length");
    }

    private static boolean same(ResponseHead head, StoredResponse stored, String name) {
        String said = head.first(name);
        return said == null || said.equals(stored.head().first(name));
    }
}
