package dev.gapless.proxy.cache;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Makes answers of stored responses: the whole, a part, the head, or that the client has it already. */
final class Answers {
    /** RFC 9110, section 15.4.5; {@code Last-Modified} only where there is no tag. */
    private static final Set<String> OF_NOT_MODIFIED =
            Set.of("cache-control", "content-location", "date", "etag", "expires", "vary", "cdn-cache-control");

    private Answers() {}

    static CacheAnswer hit(CacheRequest request, StoredResponse stored, long now) {
        return answer(request, stored, stored.hitFields(now), now);
    }

    static CacheAnswer of(CacheRequest request, StoredResponse stored, List<Field> status, long now) {
        return answer(request, stored, withAge(stored.freshness().age(now) / 1000, status), now);
    }

    private static CacheAnswer answer(CacheRequest request, StoredResponse stored, List<Field> added, long now) {
        if (Conditions.notModified(request.head(), stored, now)) {
            return new CacheAnswer(304, ofNotModified(stored), added, stored, null);
        }
        ByteRange range = Conditions.range(request, stored, now);
        if (range != null) {
            return ofRange(stored, range, added);
        }
        BodyReader body = request.isHead() ? null : BodyReader.of(stored.body());
        return new CacheAnswer(stored.status(), stored.fields(), added, stored, body);
    }

    /** RFC 9111, section 5.1. */
    static List<Field> withAge(long seconds, List<Field> status) {
        List<Field> added = new ArrayList<>(status.size() + 1);
        added.add(new Field("Age", Long.toString(seconds)));
        added.addAll(status);
        return added;
    }

    private static List<Field> ofNotModified(StoredResponse stored) {
        boolean tagged = stored.etag() != null;
        return stored.fields().stream()
                .filter(field -> OF_NOT_MODIFIED.stream().anyMatch(field::is) || (!tagged && field.is("Last-Modified")))
                .toList();
    }

    private static CacheAnswer ofRange(StoredResponse stored, ByteRange range, List<Field> added) {
        long length = stored.body().totalLength();
        List<Field> fields = new ArrayList<>();
        for (Field field : stored.fields()) {
            boolean kept = range.isUnsatisfiable() ? field.is("Date") : !field.is("Content-Length");
            if (kept) {
                fields.add(field);
            }
        }
        fields.add(new Field("Content-Range", range.contentRange(length)));
        fields.add(new Field("Content-Length", Long.toString(range.to() - range.from())));
        return range.isUnsatisfiable()
                ? new CacheAnswer(416, fields, added, stored, null)
                : new CacheAnswer(206, fields, added, stored, new BodyReader(stored.body(), range.from(), range.to()));
    }

    static CacheAnswer onlyIfCached() {
        return new CacheAnswer(504, List.of(new Field("Content-Length", "0")), CacheStatus.onlyIfCached(), null, null);
    }
}
