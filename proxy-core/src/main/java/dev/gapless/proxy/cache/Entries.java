package dev.gapless.proxy.cache;

import dev.gapless.proxy.spi.CacheStore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The store, as what is in it: variants under keys. Thread-safe. */
final class Entries {
    private final CacheStore store;

    Entries(CacheStore store) {
        this.store = store;
    }

    @Nullable
    Variants get(CacheKey key) {
        return (Variants) store.get(key);
    }

    private void update(CacheKey key, UnaryOperator<@Nullable Variants> change) {
        store.update(key, entry -> change.apply((Variants) entry));
    }

    void add(StoredResponse response) {
        update(response.key(), old -> Variants.with(old, response));
    }

    /** Changes each response of a key, if there are any, and such as are meant. */
    private void changeEach(CacheKey key, Predicate<Variants> meant, UnaryOperator<StoredResponse> change) {
        update(key, variants -> variants != null && meant.test(variants) ? variants.mapped(change) : variants);
    }

    /** Nothing changes if the old one is gone. */
    void replace(StoredResponse old, StoredResponse fresh) {
        changeEach(old.key(), variants -> variants.has(old), each -> each == old ? fresh : each);
    }

    /**
     * Puts a response in place of the one that it confirms, and changes others like it. What has gone meanwhile does not come back:
     * somebody may have wanted it to go.
     *
     * @param alike which others
     */
    void confirm(
            StoredResponse old,
            StoredResponse fresh,
            Predicate<StoredResponse> alike,
            UnaryOperator<StoredResponse> change) {
        changeEach(
                old.key(),
                variants -> variants.hasBody(old.body()),
                each -> each == old ? fresh : alike.test(each) ? change.apply(each) : each);
    }

    /** Has the store weigh again what it has of a body, which has grown. */
    void weigh(CacheKey key, CachedBody grown) {
        changeEach(key, variants -> variants.hasBody(grown), each -> each);
    }

    /** Removes a response, though another one may have confirmed it meanwhile. */
    void remove(StoredResponse old) {
        update(old.key(), variants -> Variants.without(variants, each -> each.body() == old.body()));
    }

    void remove(CacheKey key) {
        update(key, variants -> null);
    }

    /** {@return how many responses were removed} */
    int remove(Purge purge) {
        AtomicInteger removed = new AtomicInteger();
        store.forEach((key, entry) -> {
            CacheKey known = (CacheKey) key;
            if (purge.concerns(known)) {
                update(known, old -> {
                    Variants rest = Variants.without(old, purge::takes);
                    removed.addAndGet(size(old) - size(rest));
                    return rest;
                });
            }
        });
        return removed.get();
    }

    private static int size(@Nullable Variants variants) {
        return variants == null ? 0 : variants.responses().size();
    }
}
