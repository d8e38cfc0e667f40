package dev.gapless.proxy;

/**
 * Hears what the proxy does. Each method does nothing unless overridden.
 *
 * <p>{@link #onRequest} and {@link #onRetry} are called on the request's thread, which serves others too, so they must not
 * block; the other methods are called on the proxy's executor. Calls come from several threads. What a listener throws is logged
 * and changes nothing.
 */
public interface ProxyListener {
    /**
     * A request has ended, whichever way.
     *
     * @param request what it was and what became of it
     */
    default void onRequest(RequestSummary request) {}

    /**
     * A target has failed a request, which is sent again if there is a target that may take it. Heard before
     * {@link #onRequest} of the same request, once for each time.
     *
     * @param retry which request it is, and what went wrong
     */
    default void onRetry(RequestRetry retry) {}

    /**
     * A deployment has made a step.
     *
     * @param service the service deployed
     * @param event the step
     */
    default void onDeployment(String service, DeployEvent event) {}

    /**
     * A target of several has left the rotation or returned to it.
     *
     * @param service the service
     * @param target the target
     * @param outcome the probe that decided it
     */
    default void onTargetHealth(String service, TargetAddress target, ProbeOutcome outcome) {}

    /**
     * An operator has done something to a service besides deploying or removing it, or it was restored.
     *
     * @param service the service after that
     * @param change what was done
     */
    default void onChange(ServiceInfo service, ServiceChange change) {}

    /**
     * Something has become of a certificate in use.
     *
     * @param service the service whose hosts it is for; empty for the proxy's own
     * @param event what has happened
     */
    default void onCertificate(String service, CertificateEvent event) {}

    /**
     * What was deployed could not be saved: after a restart the proxy would have an older state. It is saved again with the
     * next change.
     *
     * @param failure why not
     */
    default void onStateNotSaved(Throwable failure) {}

    /**
     * Code of the host's that takes part in a request has thrown, or has not ended in time: a filter, or a callback of a handoff.
     * The request was answered with 500 if it was still to be answered, and nothing else has come of it.
     *
     * @param code what has failed, for people: the class of the filter, say
     * @param failure what it has thrown; a {@link java.util.concurrent.TimeoutException} if it has not ended in time
     */
    default void onHostCodeFailed(String code, Throwable failure) {}

    /**
     * A service was removed.
     *
     * @param service its name
     */
    default void onRemoved(String service) {}
}
