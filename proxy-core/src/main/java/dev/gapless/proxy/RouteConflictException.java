package dev.gapless.proxy;

/** A host and path are in use by another service. */
public final class RouteConflictException extends ProxyException {
    private static final long serialVersionUID = 1L;

    /** The service that wants the route. */
    private final String service;

    /** The service that has the route. */
    private final String otherService;

    /**
     * Made by the proxy.
     *
     * @param service the service that wants the route
     * @param otherService the service that has it
     * @param route the host and path, for people
     */
    public RouteConflictException(String service, String otherService, String route) {
        super(
                "route conflict: " + route + " of service \"" + service + "\" is in use by \"" + otherService + "\"",
                null);
        this.service = service;
        this.otherService = otherService;
    }

    /** {@return the service that wants the route} */
    public String service() {
        return service;
    }

    /** {@return the service that has the route} */
    public String otherService() {
        return otherService;
    }
}
