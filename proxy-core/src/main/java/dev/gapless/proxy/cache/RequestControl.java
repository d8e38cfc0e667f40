package dev.gapless.proxy.cache;

import dev.gapless.proxy.CacheOptions;
import dev.gapless.proxy.RequestHead;

/**
 * What a request says of caching (RFC 9111, section 5.2.1). Immutable.
 *
 * @param noCache whether what is stored is to be validated
 * @param noStore whether the request has nothing to do with the cache
 * @param onlyIfCached whether the target is not to be asked
 * @param maxAge in seconds, or {@link Directives#ABSENT}, as all that follow
 */
record RequestControl(
        boolean noCache,
        boolean noStore,
        boolean onlyIfCached,
        long maxAge,
        long maxStale,
        long minFresh,
        long staleIfError) {
    private static final long ABSENT = Directives.ABSENT;
    private static final RequestControl NOTHING =
            new RequestControl(false, false, false, ABSENT, ABSENT, ABSENT, ABSENT);
    private static final RequestControl NO_CACHE =
            new RequestControl(true, false, false, ABSENT, ABSENT, ABSENT, ABSENT);

    static RequestControl of(RequestHead head, CacheOptions options) {
        String value = head.header("Cache-Control");
        if (value == null) {
            return options.requestDirectives() ? ofPragma(head) : NOTHING;
        }
        Directives directives = Directives.parse(value);
        boolean honored = options.requestDirectives();
        return new RequestControl(
                honored && directives.has("no-cache"),
                directives.has("no-store"),
                directives.has("only-if-cached"),
                honored ? directives.seconds("max-age") : ABSENT,
                honored ? directives.secondsOrAny("max-stale") : ABSENT,
                honored ? directives.seconds("min-fresh") : ABSENT,
                honored ? directives.seconds("stale-if-error") : ABSENT);
    }

    /** Whether the client has said itself how old its answer may be. */
    boolean limitsAge() {
        return noCache || maxAge != ABSENT || maxStale != ABSENT || minFresh != ABSENT;
    }

    /** RFC 9111, section 5.4: counts only where there is no {@code Cache-Control}. */
    private static RequestControl ofPragma(RequestHead head) {
        String pragma = head.header("Pragma");
        return pragma != null && Directives.parse(pragma).has("no-cache") ? NO_CACHE : NOTHING;
    }
}
