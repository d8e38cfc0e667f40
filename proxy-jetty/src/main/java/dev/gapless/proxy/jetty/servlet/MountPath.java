package dev.gapless.proxy.jetty.servlet;

/** What of a request's path services and targets get to see, where the proxy is mounted below the root. */
public enum MountPath {
    /**
     * What follows the context path and the servlet path: {@code /cart} for {@code /shop/api/cart}, mounted at {@code /shop/api}.
     */
    STRIPPED,
    /** All of it, as the client has sent it. */
    KEPT
}
