package dev.gapless.proxy.cache;

import dev.gapless.proxy.CacheLimits;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The responses that are being asked for: at most one that others wait for of each URL and variant. Thread-safe. */
final class Fills {
    /**
     * What requests have to have in common to wait for each other; the variant is a guess by what was stored before. Its order is
     * for hash tables, as that of keys.
     */
    private record Shared(CacheKey key, Variant variant) implements Comparable<Shared> {
        private static final Comparator<Shared> ORDER =
                Comparator.comparing(Shared::key).thenComparing(Shared::variant);

        @Override
        public int compareTo(Shared other) {
            return ORDER.compare(this, other);
        }
    }

    private final Entries entries;
    private final CacheLimits limits;
    /** Of the responses that are still coming. */
    private final ByteBudget budget;

    private final BodyMemory memory;
    private final Unshared unshared = new Unshared();
    /** What was validated in vain: not tried again at once, though it is used on. */
    private final Unshared unconfirmed = new Unshared();

    private final AtomicInteger waiting = new AtomicInteger();
    /** Those that may be joined. */
    private final ConcurrentMap<Object, Fill> joinable = new ConcurrentHashMap<>();

    private final RunningFills running = new RunningFills();

    Fills(Entries entries, CacheLimits limits) {
        this.entries = entries;
        this.limits = limits;
        this.budget = new ByteBudget(limits.maxFillBytes());
        this.memory = new BodyMemory(limits.maxBytes());
    }

    Entries entries() {
        return entries;
    }

    CacheLimits limits() {
        return limits;
    }

    ByteBudget budget() {
        return budget;
    }

    BodyMemory memory() {
        return memory;
    }

    int waiting() {
        return waiting.get();
    }

    /**
     * Decides on a request that nothing stored answers.
     *
     * @param seen what was stored of its URL
     */
    CacheDecision join(Miss miss, @Nullable Variants seen, Waiter waiter, long now) {
        if (!sharesFills(miss, now)) {
            return new CacheDecision.Ask(alone(miss, now));
        }
        Object shared = shared(miss.request(), seen);
        while (true) {
            Fill made = new Fill(this, shared, miss, false, now);
            Fill present = lead(shared, made);
            if (present == made) {
                StoredResponse stored = storedMeanwhile(miss, seen, now);
                if (stored == null) {
                    return new CacheDecision.Ask(made);
                }
                made.settle(stored, now);
                return hit(miss, stored, now);
            }
            CacheDecision joined = present.join(miss, waiter, now);
            if (joined != null) {
                return joined;
            }
            // It has just ended, or does not take this one.
            if (joinable.get(shared) == present) {
                StoredResponse stored = storedMeanwhile(miss, seen, now);
                return stored == null ? new CacheDecision.Ask(alone(miss, now)) : hit(miss, stored, now);
            }
        }
    }

    private static CacheDecision hit(Miss miss, StoredResponse stored, long now) {
        return new CacheDecision.Answer(Answers.hit(miss.request(), stored, now), null);
    }

    /** A fill that has ended just now has stored its response before: then there is nothing to ask for. */
    private @Nullable StoredResponse storedMeanwhile(Miss miss, @Nullable Variants seen, long now) {
        CacheRequest request = miss.request();
        Variants variants = entries.get(request.key());
        StoredResponse stored = variants == null || variants == seen ? null : variants.select(request);
        return stored != null && Reuse.of(stored, request, miss.control(), now) == Reuse.USE ? stored : null;
    }

    /**
     * Whether a request may wait for the answer to another one, and others for its own. Not one that wants news, one whose answer
     * may be a part or no content, or is for one user as a rule.
     */
    private boolean sharesFills(Miss miss, long now) {
        CacheRequest request = miss.request();
        boolean conditional = request.isConditional() && !miss.canBeValidated();
        return request.isGet()
                && miss.why() != Forward.REQUEST
                && !conditional
                && !request.has("Range")
                && !request.has("Authorization")
                && !unshared.has(request.key(), now);
    }

    private static Object shared(CacheRequest request, @Nullable Variants seen) {
        List<String> names = seen == null ? List.of() : seen.names();
        return new Shared(
                request.key(),
                Variant.of(request.head(), names, request.options().keyHeaders()));
    }

    private Fill lead(Object shared, Fill made) {
        // Before others can join it, so that no purge misses it.
        begin(made);
        Fill present = joinable.putIfAbsent(shared, made);
        if (present == null) {
            return made;
        }
        running.remove(made);
        return present;
    }

    /** {@return a fill that nobody else waits for} */
    Fill alone(Miss miss, long now) {
        Fill fill = new Fill(this, null, miss, false, now);
        begin(fill);
        return fill;
    }

    /** A purge that came since the store was looked at has not met the fill, which must not ask whether what it took is still right. */
    private void begin(Fill fill) {
        running.add(fill);
        StoredResponse validated = fill.validated();
        if (validated != null) {
            Variants now = entries.get(validated.key());
            if (now == null || !now.hasBody(validated.body())) {
                fill.validateNothing();
            }
        }
    }

    /** {@return a fill that validates what is stored, while it is used; null if one is under way} */
    @Nullable
    Fill revalidation(Miss miss, StoredResponse stored, @Nullable Variants seen, long now) {
        CacheKey key = miss.request().key();
        Object shared = shared(miss.request(), seen);
        // What a request with credentials is told is not for others, in all likelihood.
        boolean inVain = unshared.has(key, now)
                || unconfirmed.has(key, now)
                || stored.control().isForClientOf(miss.request());
        if (!miss.request().isGet() || inVain || joinable.containsKey(shared)) {
            return null;
        }
        Fill made = new Fill(this, shared, miss, true, now);
        if (lead(shared, made) != made) {
            return null;
        }
        if (entries.get(key) == seen) {
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

    /** Nothing of the key is validated in the background for a while. */
    void leaveUnconfirmed(CacheKey key, long now) {
        unconfirmed.add(key, now);
    }

    void share(CacheKey key) {
        unshared.remove(key);
    }

    /** What the targets were asked for of a key is not stored, nor given to those who come from now on. */
    void purge(CacheKey key) {
        running.take(key).forEach(Fill::purge);
    }

    /** As far as the purge means it, what the targets were asked for is not stored, nor given to those who come from now on. */
    void purge(Purge purge) {
        for (CacheKey key : running.keys()) {
            if (purge.concerns(key)) {
                running.of(key).forEach(purge::tell);
            }
        }
    }

    /** For tests. */
    int running() {
        return running.count();
    }
}
