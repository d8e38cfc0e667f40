package dev.gapless.proxy.jetty;

import dev.gapless.proxy.FilterDecision;

/**
 * What has to be settled before a request is decided on, for which it may have to wait: a place among the handoffs to its service,
 * say. Its wait ends in one of two ways, with the outcome or because something {@linkplain #end ends} it, and these may come at
 * once.
 */
interface Preliminary {
    /** Hears of the end of the wait; called on the lane. */
    interface Outcome {
        /** The request may be decided on. */
        void goOn();

        /** The request is not to be decided on, but answered so. */
        void refused(FailureAnswer answer);

        /** The request is not to be decided on, but answered by the host. */
        void answered(FilterDecision.Answer answer);

        /** The time that the request had for getting a response is over. Does nothing if one has begun. */
        void overdue();
    }

    /** Begins, and tells the outcome of the end, maybe at once. Called on the lane. */
    void begin(Outcome outcome);

    /** Ends the wait. {@return whether it was still on} Whoever gets true goes on with the request. */
    boolean end();
}
