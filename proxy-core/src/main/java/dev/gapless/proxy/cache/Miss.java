package dev.gapless.proxy.cache;

import org.jspecify.annotations.Nullable;

/**
 * A request that nothing stored answers as it is. Immutable.
 *
 * @param control what it asks of the cache
 * @param why it is forwarded
 * @param stored what might answer it once it has been validated; null if nothing
 */
record Miss(
        CacheRequest request,
        RequestControl control,
        Forward why,
        @Nullable StoredResponse stored) {
    /** {@return the same, to be forwarded without the conditions of what is stored} */
    Miss unconditional() {
        return new Miss(request, control, why, null);
    }

    /** {@return whether the target can be asked if what is stored is still right} */
    boolean canBeValidated() {
        return stored != null && stored.hasValidator();
    }

    /** {@return what the request gets of a response to another one; null if it cannot have that} */
    @Nullable
    CacheAnswer answerFrom(StoredResponse response, long now) {
        boolean usable =
                !response.body().isCut() && selects(response) && Reuse.of(response, request, control, now) == Reuse.USE;
        return usable ? Answers.of(request, response, CacheStatus.collapsed(why), now) : null;
    }

    /** {@return what the request gets as the target fails; null if it cannot have that} */
    @Nullable
    CacheAnswer staleAnswerFrom(StoredResponse response, Reuse.Excuse excuse, long now) {
        boolean usable = selects(response) && excuse.covers(response, request, control, now);
        return usable ? Answers.of(request, response, CacheStatus.failed(why), now) : null;
    }

    private boolean selects(StoredResponse response) {
        return new Selection(request).selects(response);
    }
}
