package dev.gapless.proxy.cache;

import dev.gapless.proxy.CacheLimits;
import dev.gapless.proxy.CachePurge;
import dev.gapless.proxy.spi.CacheStore;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A shared cache by RFC 9111, for all services of a proxy: says what is to be done with each request, and with each response that
 * targets send. It has no threads, no sockets and no clock. Thread-safe; no call blocks.
 */
public final class HttpCache {
    private final Entries entries;
    private final Fills fills;

    private HttpCache(Entries entries, CacheLimits limits) {
        this.entries = entries;
        this.fills = new Fills(entries, limits);
    }

    /**
     * {@return a cache}
     *
     * @param store what keeps the responses, which no other cache uses
     * @param limits how long a response may be, and how much may be under way
     */
    public static HttpCache create(CacheStore store, CacheLimits limits) {
        return new HttpCache(new Entries(store), limits);
    }

    /**
     * Decides what is to be done with a request.
     *
     * @param request the request; one with content that no field declares is not to be shown to the cache
     * @param waiter told what is to be done, if the decision is {@link CacheDecision.Wait}
     * @param now the time
     * @return what is to be done
     */
    public CacheDecision decide(CacheRequest request, Waiter waiter, Instant now) {
        long millis = now.toEpochMilli();
        if (!request.isGet() && !request.isHead()) {
            return new CacheDecision.Bypass(CacheStatus.bypass(Forward.METHOD));
        }
        RequestControl control = RequestControl.of(request.head(), request.options());
        if (request.isForTargetOnly() || control.noStore()) {
            return new CacheDecision.Bypass(CacheStatus.bypass(Forward.BYPASS));
        }
        Variants seen = entries.get(request.key());
        StoredResponse stored = seen == null ? null : seen.select(request);
        return stored == null
                ? decideOnMiss(new Miss(request, control, why(seen), null), seen, waiter, millis)
                : decideOn(stored, request, control, seen, waiter, millis);
    }

    private CacheDecision decideOn(
            StoredResponse stored,
            CacheRequest request,
            RequestControl control,
            @Nullable Variants seen,
            Waiter waiter,
            long now) {
        Reuse reuse = Reuse.of(stored, request, control, now);
        Miss miss = new Miss(request, control, reuse == Reuse.REFUSED ? Forward.REQUEST : Forward.STALE, stored);
        return switch (reuse) {
            case USE -> new CacheDecision.Answer(Answers.hit(request, stored, now), null);
            case USE_AND_VALIDATE ->
                new CacheDecision.Answer(
                        Answers.hit(request, stored, now), fills.revalidation(miss, stored, seen, now));
            case STALE, REFUSED -> decideOnMiss(miss, seen, waiter, now);
        };
    }

    private CacheDecision decideOnMiss(Miss miss, @Nullable Variants seen, Waiter waiter, long now) {
        return miss.control().onlyIfCached()
                ? new CacheDecision.Answer(Answers.onlyIfCached(), null)
                : fills.join(miss, seen, waiter, now);
    }

    private static Forward why(@Nullable Variants seen) {
        return seen == null ? Forward.URI_MISS : Forward.VARY_MISS;
    }

    /**
     * To be told of the response to a request that went past the cache: one to an unsafe method that is no error makes what is
     * stored of the URL invalid, and of what {@code Location} and {@code Content-Location} name in the same origin (RFC 9111,
     * section 4.4).
     *
     * @param request the request
     * @param response the head of its response
     */
    public void forwarded(CacheRequest request, ResponseHead response) {
        if (request.isSafe() || response.status() < 200 || response.status() >= 400) {
            return;
        }
        invalidate(request.key());
        invalidateNamed(request.key(), response.first("Location"));
        invalidateNamed(request.key(), response.first("Content-Location"));
    }

    private void invalidateNamed(CacheKey base, @Nullable String reference) {
        CacheKey named = reference == null ? null : base.resolve(reference);
        if (named != null) {
            invalidate(named);
        }
    }

    private void invalidate(CacheKey key) {
        fills.purge(key);
        entries.remove(key);
        fills.purge(key); // Those that have begun meanwhile, with what was still there.
    }

    /**
     * Removes stored responses. What is being stored at that moment, and is meant as well, is not stored; a request that comes
     * after this has returned is not answered with it.
     *
     * @param what which ones
     * @return how many there were
     */
    public int purge(CachePurge what) {
        Purge purge = new Purge(what);
        fills.purge(purge);
        int removed = entries.remove(purge);
        fills.purge(purge); // Those that have begun meanwhile, with what was still there.
        return removed;
    }

    /**
     * Begins the body of a stored response in a content coding, in which it {@linkplain StoredResponse#encoded is stored} as well
     * from then on.
     *
     * @param response stored, or being stored
     * @param coding the name of the coding
     * @return what is to be completed or cut, whatever happens; null if that has been begun before, too much is being stored, or
     *     the response may turn out to be too long to be stored
     */
    public @Nullable EncodedBody encode(StoredResponse response, String coding) {
        CachedBody body = response.body();
        CacheKey key = response.key();
        return body.encode(coding, () -> entries.weigh(key, body));
    }

    /** What is stored of a URL, for tests. */
    @Nullable
    Variants stored(CacheKey key) {
        return entries.get(key);
    }

    /** How many fills have not ended, for tests. */
    int running() {
        return fills.running();
    }

    /** {@return how many bytes of responses are being stored at the moment} */
    public long fillBytes() {
        return fills.budget().used();
    }

    /** {@return how many requests wait for the response to another one at the moment} */
    public int waiting() {
        return fills.waiting();
    }
}
