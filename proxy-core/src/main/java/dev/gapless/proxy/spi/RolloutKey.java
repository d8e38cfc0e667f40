package dev.gapless.proxy.spi;

import dev.gapless.proxy.RequestHead;
import org.jspecify.annotations.Nullable;

/**
 * Computes from a request by what its client is told in a rollout: a header, an account, an address, say. A service names
 * it in its options. Called for each request while a split is set, on the thread that serves it: implementations are
 * thread-safe, fast, and do not block. One that throws is logged, and the request goes to the active deployment.
 */
@FunctionalInterface
public interface RolloutKey {
    /**
     * Computes the key.
     *
     * @param request the request
     * @return the key, or null for a client that no rollout is for
     */
    @Nullable
    String of(RequestHead request);
}
