package dev.gapless.proxy;

import java.util.List;
import java.util.Optional;

/**
 * What would become of a request, and why.
 *
 * @param outcome what would be done with it
 * @param service the service that it is for, if any
 * @param deployment which of the service's deployments would get it; empty if none would
 * @param targets the targets that could get it now, in the order of the deployment; empty if none would
 * @param reasons the steps of the decision in words, in order
 */
public record Explanation(
        Outcome outcome,
        Optional<String> service,
        Optional<Slot> deployment,
        List<TargetAddress> targets,
        List<String> reasons) {
    /**
     * Copies the lists.
     *
     * @param outcome what would be done with it
     * @param service the service that it is for, if any
     * @param deployment which of the service's deployments would get it; empty if none would
     * @param targets the targets that could get it now, in the order of the deployment; empty if none would
     * @param reasons the steps of the decision in words, in order
     */
    public Explanation {
        targets = List.copyOf(targets);
        reasons = List.copyOf(reasons);
    }

    /** What would be done with a request. */
    public enum Outcome {
        /** A target would get it. */
        FORWARDED,
        /** The client would be sent elsewhere. */
        REDIRECTED,
        /** It would wait until the service is resumed. */
        HELD,
        /** The proxy would answer it. */
        ANSWERED
    }
}
