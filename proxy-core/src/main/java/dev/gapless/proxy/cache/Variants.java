package dev.gapless.proxy.cache;

import dev.gapless.proxy.spi.CacheStore;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The stored responses of one key, the newest first (RFC 9111, section 4.1). Immutable. */
final class Variants implements CacheStore.Entry {
    /** How many there may be of one key; a client that makes values up pushes out only what the same URL has. */
    static final int MOST = 32;

    private final List<StoredResponse> responses;
    private final long weight;

    private Variants(List<StoredResponse> responses) {
        this.responses = List.copyOf(responses);
        this.weight = responses.get(0).key().weight()
                + responses.stream().mapToLong(StoredResponse::weight).sum();
    }

    private static @Nullable Variants of(List<StoredResponse> responses) {
        return responses.isEmpty() ? null : new Variants(responses);
    }

    /** {@return what is stored, with a response in place of that of the same variant} */
    static Variants with(@Nullable Variants old, StoredResponse added) {
        List<StoredResponse> responses = new ArrayList<>();
        responses.add(added);
        if (old != null) {
            old.responses.stream()
                    .filter(response -> !response.variant().equals(added.variant()))
                    .limit(MOST - 1)
                    .forEach(responses::add);
        }
        return new Variants(responses);
    }

    static @Nullable Variants without(@Nullable Variants old, Predicate<StoredResponse> gone) {
        return old == null
                ? null
                : of(old.responses.stream().filter(gone.negate()).toList());
    }

    Variants mapped(UnaryOperator<StoredResponse> change) {
        return new Variants(responses.stream().map(change).toList());
    }

    boolean has(StoredResponse response) {
        return responses.contains(response);
    }

    boolean hasBody(CachedBody body) {
        return responses.stream().anyMatch(response -> response.body() == body);
    }

    /** {@return the most recent response that a request selects, of those that no deployment has dropped; or null} */
    @Nullable
    StoredResponse select(CacheRequest request) {
        StoredResponse selected = null;
        Selection selection = new Selection(request);
        for (StoredResponse response : responses) {
            boolean newer = selected == null
                    || response.freshness().date() > selected.freshness().date();
            if (newer && !Reuse.isDropped(response, request) && selection.selects(response)) {
                selected = response;
            }
        }
        return selected;
    }

    /** {@return the fields that the newest response varies on: those which the next one does, in all likelihood} */
    List<String> names() {
        return responses.get(0).variant().names();
    }

    List<StoredResponse> responses() {
        return responses;
    }

    @Override
    public long weight() {
        return weight;
    }
}
