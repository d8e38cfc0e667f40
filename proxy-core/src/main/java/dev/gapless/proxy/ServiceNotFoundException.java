package dev.gapless.proxy;

/** There is no service of that name. */
public final class ServiceNotFoundException extends ProxyException {
    private static final long serialVersionUID = 1L;

    /** The name asked for. */
    private final String service;

    /**
     * Made by the proxy.
     *
     * @param service the name asked for
     */
    public ServiceNotFoundException(String service) {
        super("service \"" + service + "\" not found", null);
        this.service = service;
    }

    /** {@return the name asked for} */
    public String service() {
        return service;
    }
}
