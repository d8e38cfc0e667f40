package dev.gapless.proxy.spi;

import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.ProbeOutcome;
import dev.gapless.proxy.TargetAddress;
import java.util.concurrent.CompletionStage;

/** Asks a target whether it can take traffic. Implementations are thread-safe. */
public interface HealthProbe {
    /**
     * Probes once, without blocking.
     *
     * @param target the target
     * @param check what to ask, and for how long to wait: the stage must complete within {@link HealthCheck#timeout()}
     * @return the outcome; a failure of the stage, or an exception from this method, counts as unhealthy for that reason
     */
    CompletionStage<ProbeOutcome> probe(TargetAddress target, HealthCheck check);
}
