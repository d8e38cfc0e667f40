package dev.gapless.proxy.cache;

import java.util.List;

/** What is to be done with the response of a target. */
public sealed interface FillStep {
    /**
     * Pass it on as if there were no cache; the fill is over.
     *
     * @param added the fields to add to it
     */
    record Pass(List<Field> added) implements FillStep {}

    /**
     * Give its body to {@link Fill#append}, at the pace of the target, and its end to {@link Fill#complete}. The client of the
     * request, if it is still there, gets the answer.
     *
     * @param answer with the head as the target has sent it
     */
    record Store(CacheAnswer answer) implements FillStep {}

    /**
     * Do without it, and answer the client; the fill is over.
     *
     * @param answer with what is stored
     */
    record Answer(CacheAnswer answer) implements FillStep {}

    /** Do without it, and send the request once more, with the {@linkplain Fill#conditions conditions} of now: there are none. */
    record Repeat() implements FillStep {}
}
