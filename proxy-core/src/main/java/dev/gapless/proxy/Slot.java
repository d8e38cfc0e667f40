package dev.gapless.proxy;

/** Which of a service's two deployments. */
public enum Slot {
    /** The one that takes its traffic. */
    ACTIVE,
    /** The one beside it, for some clients only. */
    ROLLOUT
}
