package dev.gapless.proxy.jetty;

/** What takes the body of a target's response. */
interface TargetBody {
    /** Takes what there is, and then what comes. On the lane. */
    void begin();

    /** {@return whether the target's body has been read to its proper end} */
    boolean hasEnded();

    /** {@return the bytes that were handed on} */
    long bytes();
}
