package dev.gapless.proxy.cache;

import dev.gapless.proxy.CacheLimits;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The responses that are being asked for: at most one that others wait for of each URL and variant. Thread-safe. */
final class Fills {
    /** What requests have to have in common to wait for each other; the variant is a guess by what was stored before. */
    private record Shared(CacheKey key, Variant variant) {}

    private final HttpCache cache;
    private final CacheLimits limits;
    private final FillBudget budget;
    private final Unshared unshared = new Unshared();
    private final AtomicInteger waiting = new AtomicInteger();
    /** Those that may be joined. */
    private final ConcurrentMap<Object, Fill> joinable = new ConcurrentHashMap<>();
    /** All, so that each hears of purges. */
    private final Set<Fill> running = ConcurrentHashMap.newKeySet();

    Fills(HttpCache cache, CacheLimits limits) {
        this.cache = cache;
        this.limits = limits;
        this.budget = new FillBudget(limits.maxFillBytes());
    }

    HttpCache cache() {
        return cache;
    }

    CacheLimits limits() {
        return limits;
    }

    FillBudget budget() {
        return budget;
    }

    int waiting() {
        return waiting.get();
    }

    /** Decides on a request that nothing stored answers. */
    CacheDecision join(
            CacheRequest request,
            RequestControl control,
            @Nullable StoredResponse stored,
            @Nullable Variants variants,
            Forward why,
            Waiter waiter,
            long now) {
        if (!sharesFills(request, stored, why, now)) {
            return new CacheDecision.Ask(detached(request, control, stored, why, now));
        }
        Object shared = shared(request, variants);
        while (true) {
            Fill made = new Fill(this, shared, request, control, stored, why, false, now);
            Fill present = lead(shared, made);
            if (present == made) {
                CacheDecision hit = storedMeanwhile(made, request, control, variants, now);
                return hit == null ? new CacheDecision.Ask(made) : hit;
            }
            CacheDecision joined = present.join(request, control, why, waiter, now);
            if (joined != null) {
                return joined;
            }
            // It has just ended, or does not take this one.
            if (joinable.get(shared) == present) {
                return new CacheDecision.Ask(detached(request, control, stored, why, now));
            }
        }
    }

    /** A fill that has ended just now has stored its response before: then there is nothing to ask for. */
    private @Nullable CacheDecision storedMeanwhile(
            Fill made, CacheRequest request, RequestControl control, @Nullable Variants seen, long now) {
        Variants variants = cache.variants(request.key());
        StoredResponse stored = variants == null || variants == seen ? null : HttpCache.select(variants, request);
        if (stored == null || Reuse.of(stored, request, control, now) != Reuse.USE) {
            return null;
        }
        made.settle(stored, now);
        return new CacheDecision.Answer(HttpCache.hit(request, stored, now), null);
    }

    /**
     * Whether a request may wait for the answer to another one, and others for its own. Not one that wants news, one whose answer
     * may be a part or no content, or is for one user as a rule.
     */
    private boolean sharesFills(CacheRequest request, @Nullable StoredResponse stored, Forward why, long now) {
        boolean conditional = stored == null && request.isConditional();
        return request.isGet()
                && why != Forward.REQUEST
                && !conditional
                && !request.has("Range")
                && !request.has("Authorization")
                && !unshared.has(request.key(), now);
    }

    private static Object shared(CacheRequest request, @Nullable Variants variants) {
        List<String> names = variants == null ? List.of() : variants.names();
        return new Shared(
                request.key(),
                Variant.of(request.head(), names, request.options().keyHeaders()));
    }

    private Fill lead(Object shared, Fill made) {
        // Before others can join it, so that no purge misses it.
        running.add(made);
        Fill present = joinable.putIfAbsent(shared, made);
        if (present == null) {
            return made;
        }
        running.remove(made);
        return present;
    }

    /** {@return a fill that nobody else waits for} */
    Fill detached(
            CacheRequest request, RequestControl control, @Nullable StoredResponse stored, Forward why, long now) {
        Fill fill = new Fill(this, null, request, control, stored, why, false, now);
        running.add(fill);
        return fill;
    }

    /** {@return a fill that validates what is stored, while it is used; null if one is under way} */
    @Nullable
    Fill revalidation(
            CacheRequest request,
            RequestControl control,
            StoredResponse stored,
            @Nullable Variants variants,
            long now) {
        if (!request.isGet() || unshared.has(request.key(), now)) {
            return null;
        }
        Object shared = shared(request, variants);
        if (joinable.containsKey(shared)) {
            return null;
        }
        Fill made = new Fill(this, shared, request, control, stored, Forward.STALE, true, now);
        if (lead(shared, made) != made) {
            return null;
        }
        if (cache.variants(request.key()) == variants) {
            return made;
        }
        // One has ended just now.
        made.settle(stored, now);
        return null;
    }

    boolean mayWait() {
        if (waiting.incrementAndGet() <= limits.maxWaiting()) {
            return true;
        }
        waiting.decrementAndGet();
        return false;
    }

    void waited(int count) {
        waiting.addAndGet(-count);
    }

    /** Nobody joins the fill any more. */
    void close(Fill fill, @Nullable Object shared) {
        if (shared != null) {
            joinable.remove(shared, fill);
        }
    }

    void ended(Fill fill) {
        running.remove(fill);
    }

    /** Nobody waits in vain for responses of the key for a while. */
    void unshare(CacheKey key, long now) {
        unshared.add(key, now);
    }

    void share(CacheKey key) {
        unshared.remove(key);
    }

    void purge(Purge purge) {
        for (Fill fill : running) {
            fill.purge(purge);
        }
    }

    /** For tests. */
    int running() {
        return running.size();
    }
}
