package dev.gapless.proxy.engine;

import dev.gapless.proxy.ProxyListener;
import dev.gapless.proxy.cache.HttpCache;
import dev.gapless.proxy.spi.RolloutKey;
import dev.gapless.proxy.spi.Scheduler;
import dev.gapless.proxy.spi.StateStore;
import dev.gapless.proxy.spi.TargetResolver;
import dev.gapless.proxy.spi.TargetSelector;
import dev.gapless.proxy.spi.TimeSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * What an engine needs of the world.
 *
 * @param time the clock
 * @param scheduler for probes and timeouts
 * @param executor for completions and the calls of listeners
 * @param probe asks targets whether they are healthy
 * @param resolver looks targets up
 * @param lifecycle hears when a target's connections are to be made ready, and when they can be closed
 * @param tls makes TLS with clients ready
 * @param listeners hear of requests and deployments
 * @param targetSelectors the host's ways to choose a target, by name
 * @param rolloutKeys the host's ways to tell clients, by name
 * @param stateStore keeps what is deployed across restarts, if anything does
 * @param cache what is stored of responses
 */
public record EngineSetup(
        TimeSource time,
        Scheduler scheduler,
        Executor executor,
        TargetProbe probe,
        TargetResolver resolver,
        TargetLifecycle lifecycle,
        TlsEdge tls,
        List<ProxyListener> listeners,
        Map<String, TargetSelector> targetSelectors,
        Map<String, RolloutKey> rolloutKeys,
        Optional<StateStore> stateStore,
        HttpCache cache) {
    /**
     * Copies the collections.
     *
     * @param time the clock
     * @param scheduler for probes and timeouts
     * @param executor for completions and the calls of listeners
     * @param probe asks targets whether they are healthy
     * @param resolver looks targets up
     * @param lifecycle hears when a target's connections are to be made ready, and when they can be closed
     * @param tls makes TLS with clients ready
     * @param listeners hear of requests and deployments
     * @param targetSelectors the host's ways to choose a target, by name
     * @param rolloutKeys the host's ways to tell clients, by name
     * @param stateStore keeps what is deployed across restarts, if anything does
     * @param cache what is stored of responses
     */
    public EngineSetup {
        listeners = List.copyOf(listeners);
        targetSelectors = Map.copyOf(targetSelectors);
        rolloutKeys = Map.copyOf(rolloutKeys);
    }
}
