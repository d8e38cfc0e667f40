package dev.gapless.proxy;

/** The service has no rollout deployment to split requests with, or to promote. */
public final class RolloutMissingException extends ProxyException {
    private static final long serialVersionUID = 1L;

    /** The service asked for. */
    private final String service;

    /**
     * Made by the proxy.
     *
     * @param service the service
     */
    public RolloutMissingException(String service) {
        super("service \"" + service + "\" has no rollout deployment; deploy one first", null);
        this.service = service;
    }

    /** {@return the service} */
    public String service() {
        return service;
    }
}
