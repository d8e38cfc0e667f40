package dev.gapless.proxy.engine;

import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.ProbeOutcome;
import dev.gapless.proxy.spi.HealthProbe;
import java.util.concurrent.CompletionStage;

/** Asks a target whether it can take traffic, over what was made ready for its traffic. Implementations are thread-safe. */
public interface TargetProbe {
    /**
     * {@return a probe that needs nothing of the target but its address}
     *
     * @param probe asks there
     */
    static TargetProbe of(HealthProbe probe) {
        return (target, check) -> probe.probe(target.address(), check);
    }

    /**
     * Probes once, without blocking.
     *
     * @param target the target, which has been {@linkplain TargetLifecycle#prepare prepared}
     * @param check what to ask, and for how long to wait: the stage must complete within {@link HealthCheck#timeout()}
     * @return the outcome; a failure of the stage, or an exception from this method, counts as unhealthy for that reason
     */
    CompletionStage<ProbeOutcome> probe(Target target, HealthCheck check);
}
