package dev.gapless.proxy;

/** The proxy could not be started: a port is in use, say, or a certificate cannot be read. Nothing is left behind. */
public final class ProxyStartException extends ProxyException {
    private static final long serialVersionUID = 1L;

    /**
     * Made by the proxy.
     *
     * @param message what is wrong, with the port or file
     * @param cause the failure
     */
    public ProxyStartException(String message, Throwable cause) {
        super(message, cause);
    }
}
