package dev.gapless.proxy;

/** What a health probe found. */
public sealed interface ProbeOutcome {
    /**
     * The target answered with a 2xx status.
     *
     * @param status the status
     */
    record Healthy(int status) implements ProbeOutcome {
        @Override
        public String toString() {
            return "status " + status;
        }
    }

    /**
     * The target did not answer, or not with a 2xx status.
     *
     * @param reason the status or the failure, for people
     */
    record Unhealthy(String reason) implements ProbeOutcome {
        @Override
        public String toString() {
            return reason;
        }
    }
}
