package dev.gapless.proxy.cache;

import dev.gapless.proxy.CacheLimits;
import dev.gapless.proxy.CachePurge;
import dev.gapless.proxy.spi.CacheStore;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A shared cache by RFC 9111, for all services of a proxy: says what is to be done with each request, and with each response that
 * targets send. It has no threads, no sockets and no clock. Thread-safe; no call blocks.
 */
public final class HttpCache {
    private final CacheStore store;
    private final Fills fills;

    private HttpCache(CacheStore store, CacheLimits limits) {
        this.store = store;
        this.fills = new Fills(this, limits);
    }

    /**
     * {@return a cache}
     *
     * @param store what keeps the responses, which no other cache uses
     * @param limits how long a response may be, and how much may be under way
     */
    public static HttpCache create(CacheStore store, CacheLimits limits) {
        return new HttpCache(store, limits);
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
        Variants variants = variants(request.key());
        StoredResponse stored = variants == null ? null : select(variants, request);
        Reuse reuse = stored == null ? Reuse.STALE : Reuse.of(stored, request, control, millis);
        if (stored != null && (reuse == Reuse.USE || reuse == Reuse.USE_AND_VALIDATE)) {
            CacheAnswer answer = hit(request, stored, millis);
            Fill revalidation =
                    reuse == Reuse.USE ? null : fills.revalidation(request, control, stored, variants, millis);
            return new CacheDecision.Answer(answer, revalidation);
        }
        if (control.onlyIfCached()) {
            return new CacheDecision.Answer(Answers.onlyIfCached(), null);
        }
        return fills.join(request, control, stored, variants, why(variants, stored, reuse), waiter, millis);
    }

    private static Forward why(@Nullable Variants variants, @Nullable StoredResponse stored, Reuse reuse) {
        if (stored == null) {
            return variants == null ? Forward.URI_MISS : Forward.VARY_MISS;
        }
        return reuse == Reuse.REFUSED ? Forward.REQUEST : Forward.STALE;
    }

    static CacheAnswer hit(CacheRequest request, StoredResponse stored, long now) {
        return Answers.of(request, stored, CacheStatus.hit(stored.freshness().remaining(now)), now);
    }

    static @Nullable StoredResponse select(Variants variants, CacheRequest request) {
        return variants.select(request, response -> !Reuse.isDropped(response, request));
    }

    @Nullable
    Variants variants(CacheKey key) {
        return (Variants) store.get(key);
    }

    CacheStore store() {
        return store;
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
        purge(Purge.of(request.key()), request.key());
        purgeNamed(request.key(), response.first("Location"));
        purgeNamed(request.key(), response.first("Content-Location"));
    }

    private void purgeNamed(CacheKey base, @Nullable String reference) {
        CacheKey named = reference == null ? null : base.resolve(reference);
        if (named != null) {
            purge(Purge.of(named), named);
        }
    }

    private void purge(Purge purge, CacheKey key) {
        fills.purge(purge);
        store.update(key, old -> Variants.without((Variants) old, purge::takes));
    }

    /**
     * Removes stored responses. What is being stored at that moment, and is meant as well, is not stored; a request that comes
     * after this has returned is not answered with it.
     *
     * @param what which ones
     * @return how many there were
     */
    public int purge(CachePurge what) {
        Purge purge = Purge.of(what);
        fills.purge(purge);
        AtomicInteger removed = new AtomicInteger();
        store.forEach((key, entry) -> {
            if (purge.concerns((CacheKey) key)) {
                store.update(key, old -> counted(removed, (Variants) old, purge));
            }
        });
        return removed.get();
    }

    private static @Nullable Variants counted(AtomicInteger removed, @Nullable Variants old, Purge purge) {
        Variants rest = Variants.without(old, purge::takes);
        removed.addAndGet(size(old) - size(rest));
        return rest;
    }

    private static int size(@Nullable Variants variants) {
        return variants == null ? 0 : variants.responses().size();
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
