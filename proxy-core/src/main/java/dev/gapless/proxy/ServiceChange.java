package dev.gapless.proxy;

/** What an operator has done to a service besides deploying or removing it. */
public enum ServiceChange {
    /** Its requests are held from now on. */
    PAUSED,
    /** Its requests are answered with 503 from now on. */
    STOPPED,
    /** Its requests are forwarded again. */
    RESUMED,
    /** A rollout deployment is there beside the active one; it gets no request before a split is set. */
    ROLLOUT_DEPLOYED,
    /** The split between the rollout and the active deployment was set. */
    ROLLOUT_SPLIT,
    /** The rollout deployment gets no more requests, and stays. */
    ROLLOUT_STOPPED,
    /** The rollout deployment has become the active one. */
    PROMOTED,
    /** It was restored from the saved state. */
    RESTORED
}
