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
     * @throws DeployFailedException if a target did not become healthy in time or its address does not resolve, a file of
     *     {@link TargetTls} cannot be read or used, or the service was removed or the proxy stopped meanwhile; it carries the
     *     steps until then
     * @throws RouteConflictException if a host and path are in use by another service, before anything is probed or when the
     *     swap would be made
     * @throws ServiceNotFoundException if it is a rollout of a service that is not there
     * @throws IllegalArgumentException if the options name a load balancing or a rollout key that the proxy was not given, or a
     *     port for the health check of a Unix domain socket
     * @throws WaitInterruptedException if the thread is interrupted; the deployment goes on
     */
    DeployResult deploy(Deployment deployment);

    /**
     * Deploys as {@link #deploy} does, without waiting.
     *
     * @param deployment what to deploy
     * @return completes with the result when the replaced targets have drained, or with the exception that {@link #deploy}
     *     would have thrown; on a thread of the proxy's executor
     * @throws IllegalArgumentException if the options name a load balancing or a rollout key that the proxy was not given, or a
     *     port for the health check of a Unix domain socket
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

    /**
     * Pauses a service: its requests are held from now on, and those in flight are waited for, 30 seconds at most. A request
     * that has been held for 30 seconds is answered with 504.
     *
     * @param service its name
     * @return how the requests in flight ended
     * @throws ServiceNotFoundException if there is no such service
     * @throws WaitInterruptedException if the thread is interrupted; the service stays paused
     */
    default DrainResult pause(String service) {
        return pause(service, Duration.ofSeconds(30), Duration.ofSeconds(30));
    }

    /**
     * Pauses a service: its requests are held from now on, and those in flight are waited for. The pause survives deployments
     * and restarts. If the service is resumed meanwhile, this returns. The health path goes on being answered.
     *
     * @param service its name; it may be paused or stopped already
     * @param drainTimeout after which what is in flight is cut
     * @param maxPause how long a request is held before it is answered with 504
     * @return how the requests in flight ended
     * @throws ServiceNotFoundException if there is no such service
     * @throws IllegalArgumentException if the first is negative or the second not longer than zero
     * @throws WaitInterruptedException if the thread is interrupted; the service stays paused
     */
    DrainResult pause(String service, Duration drainTimeout, Duration maxPause);

    /**
     * Pauses as {@link #pause(String, Duration, Duration)} does, without waiting; the service is paused when it returns.
     *
     * @param service its name
     * @param drainTimeout after which what is in flight is cut
     * @param maxPause how long a request is held before it is answered with 504
     * @return completes when nothing is in flight or the service is resumed, or with the exception that {@code pause} would
     *     have thrown
     * @throws IllegalArgumentException if the first is negative or the second not longer than zero
     */
    CompletionStage<DrainResult> pauseAsync(String service, Duration drainTimeout, Duration maxPause);

    /**
     * Stops a service, with 30 seconds for its requests in flight to finish.
     *
     * @param service its name
     * @param message what its clients are told; empty for a default
     * @return how the requests in flight ended
     * @throws ServiceNotFoundException if there is no such service
     * @throws WaitInterruptedException if the thread is interrupted; the service stays stopped
     */
    default DrainResult stop(String service, String message) {
        return stop(service, Duration.ofSeconds(30), message);
    }

    /**
     * Stops a service: its requests, those held by a pause among them, are answered with 503 from now on, and those in flight
     * are waited for. That survives deployments and restarts, until the service is resumed. The health path goes on being
     * answered.
     *
     * @param service its name; it may be paused or stopped already
     * @param drainTimeout after which what is in flight is cut
     * @param message what its clients are told; empty for a default
     * @return how the requests in flight ended
     * @throws ServiceNotFoundException if there is no such service
     * @throws IllegalArgumentException if the timeout is negative
     * @throws WaitInterruptedException if the thread is interrupted; the service stays stopped
     */
    DrainResult stop(String service, Duration drainTimeout, String message);

    /**
     * Stops as {@link #stop(String, Duration, String)} does, without waiting; the service is stopped when it returns.
     *
     * @param service its name
     * @param drainTimeout after which what is in flight is cut
     * @param message what its clients are told; empty for a default
     * @return completes when nothing is in flight or the service is resumed, or with the exception that {@code stop} would have
     *     thrown
     * @throws IllegalArgumentException if the timeout is negative
     */
    CompletionStage<DrainResult> stopAsync(String service, Duration drainTimeout, String message);

    /**
     * Resumes a service: what is held is released in order of arrival, so many requests at once as its {@link HoldLimits} say,
     * and new requests are forwarded. Does nothing to a service that is running.
     *
     * @param service its name
     * @throws ServiceNotFoundException if there is no such service
     * @throws WaitInterruptedException if the thread is interrupted while this is saved; the service is resumed all the same
     */
    void resume(String service);

    /**
     * Says which clients the rollout of a service is for. A rollout that has no healthy target leaves them to the active
     * deployment.
     *
     * @param service its name
     * @param split the clients
     * @throws ServiceNotFoundException if there is no such service
     * @throws RolloutMissingException if it has no rollout deployment
     * @throws WaitInterruptedException if the thread is interrupted while this is saved; the split is made all the same
     */
    void splitRollout(String service, RolloutSplit split);

    /**
     * Sends no more requests to the rollout of a service. The deployment stays, and may be given a split again; does nothing to
     * a service without a rollout, as Kamal Proxy does.
     *
     * @param service its name
     * @throws ServiceNotFoundException if there is no such service
     * @throws WaitInterruptedException if the thread is interrupted while this is saved; the split ends all the same
     */
    void stopRollout(String service);

    /**
     * Makes the rollout of a service its active deployment, without probing it again, and waits until the replaced targets
     * have finished their requests. The split ends with it.
     *
     * @param service its name
     * @param drainTimeout after which what is left on the replaced targets is cut
     * @return what happened, step by step
     * @throws ServiceNotFoundException if there is no such service
     * @throws RolloutMissingException if it has no rollout deployment
     * @throws IllegalArgumentException if the timeout is negative
     * @throws WaitInterruptedException if the thread is interrupted; the rollout is promoted all the same
     */
    DeployResult promoteRollout(String service, Duration drainTimeout);

    /**
     * Promotes as {@link #promoteRollout} does, without waiting; new requests go to the promoted targets when it returns.
     *
     * @param service its name
     * @param drainTimeout after which what is left on the replaced targets is cut
     * @return completes when the replaced targets have drained, or with the exception that {@code promoteRollout} would have
     *     thrown
     * @throws IllegalArgumentException if the timeout is negative
     */
    CompletionStage<DeployResult> promoteRolloutAsync(String service, Duration drainTimeout);

    /** {@return the services at this moment, sorted by name (in the order of code points)} */
    List<ServiceInfo> list();

    /**
     * Removes responses from the cache. What is being stored at that moment, and is meant as well, is not stored; a request that
     * comes after this has returned is not answered with it.
     *
     * @param what which ones; all of a service that is not there are none
     * @return how many there were
     */
    int purge(CachePurge what);

    /**
     * Says what would become of a request at this moment, without sending it or changing anything.
     *
     * @param request the request
     * @return which service, deployment and targets would get it, and why
     */
    Explanation explain(DescribedRequest request);
}
