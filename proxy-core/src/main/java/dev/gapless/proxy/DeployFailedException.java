package dev.gapless.proxy;

/** A deployment failed and traffic is as before. The message has the reason for each target. */
public final class DeployFailedException extends ProxyException {
    private static final long serialVersionUID = 1L;

    private final transient DeployResult result;

    /**
     * Made by the proxy.
     *
     * @param message what failed, with each target's address and last probe
     * @param result the steps until then
     */
    public DeployFailedException(String message, DeployResult result) {
        super(message, null);
        this.result = result;
    }

    /** {@return the steps until the failure; the last is a {@link DeployEvent.Failed}} */
    public DeployResult result() {
        return result;
    }
}
