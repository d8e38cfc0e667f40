package dev.gapless.proxy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * The operator's view of a running proxy: every method may be called from any thread while traffic flows.
 *
 * <p>The methods that wait throw {@link WaitInterruptedException} if their thread is interrupted meanwhile; the work itself
 * goes on. They must not be called from a {@link ProxyListener} or on a thread that serves requests.
 */
public interface Services {
    /**
     * Deploys a service: checks the routes, probes the new targets until each is healthy, sends all new requests to them,
     * and waits until the replaced targets have finished theirs. If that fails, traffic is as before.
     *
     * <p>A deployment of the same service while one is running waits for the first. A {@link #remove} meanwhile wins.
     *
     * @param deployment what to deploy
     * @return what happened, step by step
     * @throws DeployFailedException if a target did not become healthy in time or its address does not resolve, or the
     *     service was removed or the proxy stopped meanwhile; it carries the steps until then
     * @throws RouteConflictException if a host and path are in use by another service, before anything is probed or when the
     *     swap would be made
     * @throws WaitInterruptedException if the thread is interrupted; the deployment goes on
     */
    DeployResult deploy(Deployment deployment);

    /**
     * Deploys as {@link #deploy} does, without waiting.
     *
     * @param deployment what to deploy
     * @return completes with the result when the replaced targets have drained, or with the exception that {@link #deploy}
     *     would have thrown; on a thread of the proxy's executor
     */
    CompletionStage<DeployResult> deployAsync(Deployment deployment);

    /**
     * Removes a service, with 30 seconds for its requests in flight to finish.
     *
     * @param service its name
     * @throws ServiceNotFoundException if there is no such service
     * @throws WaitInterruptedException if the thread is interrupted; the removal goes on
     */
    default void remove(String service) {
        remove(service, Duration.ofSeconds(30));
    }

    /**
     * Removes a service: its routes at once, then its requests in flight are waited for. Deployments of it that are running
     * or waiting fail.
     *
     * @param service its name
     * @param drainTimeout after which what is left is cut
     * @throws ServiceNotFoundException if there is no such service
     * @throws IllegalArgumentException if the timeout is negative
     * @throws WaitInterruptedException if the thread is interrupted; the removal goes on
     */
    void remove(String service, Duration drainTimeout);

    /**
     * Removes as {@link #remove(String, Duration)} does, without waiting; the routes are gone when it returns.
     *
     * @param service its name
     * @param drainTimeout after which what is left is cut
     * @return completes when the requests in flight have drained, or with the exception that {@code remove} would have thrown
     * @throws IllegalArgumentException if the timeout is negative
     */
    CompletionStage<Void> removeAsync(String service, Duration drainTimeout);

    /** {@return the services at this moment, sorted by name} */
    List<ServiceInfo> list();
}
