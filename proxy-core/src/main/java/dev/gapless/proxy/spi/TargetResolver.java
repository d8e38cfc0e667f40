package dev.gapless.proxy.spi;

import dev.gapless.proxy.TargetAddress;
import java.util.concurrent.CompletionStage;

/** Tells whether the host of a target has an address. Implementations are thread-safe. */
public interface TargetResolver {
    /**
     * Looks the host up, without blocking.
     *
     * @param target the target
     * @return completes normally if there is an address, else with the failure
     */
    CompletionStage<Void> resolve(TargetAddress target);
}
