package dev.gapless.proxy.jetty;

/** A connection that belongs to a lane: what happens on it is heard of there. */
interface Laned {
    /** {@return the index of its lane} */
    int lane();

    /** Runs a task on the lane, after what that does now. */
    void execute(Runnable task);
}
