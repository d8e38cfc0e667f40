package dev.gapless.proxy.examples.demo;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Which versions may answer: not one before the last whose deployment had returned when the request began, and none that has
 * not been deployed, or has failed to be. Thread-safe.
 */
final class Versions {
    private final List<String> inOrder = new CopyOnWriteArrayList<>();
    private volatile int settled;

    /** A deployment of this version begins, which is meant to succeed. */
    void begin(String version) {
        inOrder.add(version);
    }

    /** The last deployment begun has returned. */
    void settle() {
        settled = inOrder.size() - 1;
    }

    /** Returns a mark of the moment, for {@link #mayAnswer}. */
    int now() {
        return settled;
    }

    boolean mayAnswer(int begun, String version) {
        return inOrder.indexOf(version) >= begun;
    }
}
