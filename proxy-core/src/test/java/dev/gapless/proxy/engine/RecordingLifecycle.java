package dev.gapless.proxy.engine;

import java.util.ArrayList;
import java.util.List;

/** Writes down which targets were retired, and which of them too early. */
final class RecordingLifecycle implements TargetLifecycle {
    private final List<String> retired = new ArrayList<>();

    @Override
    public void retired(Target target) {
        int inFlight = target.inFlight();
        retired.add(target + (inFlight == 0 ? "" : " with " + inFlight + " requests in flight"));
    }

    /** Returns the addresses of the retired targets, in the order in which they were, each as often as it was. */
    List<String> retired() {
        return List.copyOf(retired);
    }
}
