package dev.gapless.proxy.jetty;

/**
 * What becomes of a request that no service matches, where the proxy is {@linkplain ProxyServer#handler a handler} of the host's.
 */
public enum Unrouted {
    /** The proxy answers 404, as on ports of its own. */
    NOT_FOUND,
    /**
     * It is none of the proxy's: it goes to the handler within the proxy's, or if there is none is left unhandled, so that the next
     * handler of a sequence gets it.
     */
    PASS_ON
}
