package dev.gapless.proxy.cache;

import java.util.List;
import java.util.Locale;

/** What answers say of the cache: {@code Cache-Status} (RFC 9211) and {@code X-Cache}. */
final class CacheStatus {
    private static final String NAME = "Cache-Status";
    private static final String CACHE = "Gapless";
    private static final Field HIT = new Field("X-Cache", "hit");
    private static final Field MISS = new Field("X-Cache", "miss");
    private static final Field BYPASS = new Field("X-Cache", "bypass");

    private CacheStatus() {}

    static List<Field> hit(long remainingSeconds) {
        return List.of(new Field(NAME, CACHE + "; hit; ttl=" + remainingSeconds), HIT);
    }

    /** The answer is that of another request, which was under way. */
    static List<Field> collapsed(Forward why) {
        return List.of(new Field(NAME, CACHE + "; fwd=" + why.token() + "; collapsed"), MISS);
    }

    static List<Field> stored(Forward why) {
        return List.of(new Field(NAME, CACHE + "; fwd=" + why.token() + "; stored"), MISS);
    }

    /** The target was asked, and its answer means that the stored one is used. */
    static List<Field> validated(Forward why, int status) {
        return List.of(new Field(NAME, CACHE + "; fwd=" + why.token() + "; fwd-status=" + status), HIT);
    }

    static List<Field> notStored(Forward why, Storing verdict) {
        String detail = verdict.name().toLowerCase(Locale.ROOT).replace('_', '-');
        return List.of(new Field(NAME, CACHE + "; fwd=" + why.token() + "; detail=" + detail), MISS);
    }

    static List<Field> missed(Forward why) {
        return List.of(new Field(NAME, CACHE + "; fwd=" + why.token()), MISS);
    }

    static List<Field> failed(Forward why) {
        return List.of(new Field(NAME, CACHE + "; fwd=" + why.token() + "; detail=target-failed"), HIT);
    }

    static List<Field> bypass(Forward why) {
        return List.of(new Field(NAME, CACHE + "; fwd=" + why.token()), BYPASS);
    }

    /** Nothing is stored, and nothing may be asked for. */
    static List<Field> onlyIfCached() {
        return List.of(new Field(NAME, CACHE + "; detail=only-if-cached"), MISS);
    }
}
