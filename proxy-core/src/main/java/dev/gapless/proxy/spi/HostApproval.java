package dev.gapless.proxy.spi;

/**
 * Says for which hosts certificates are had on demand. Asked at a host's first handshake, and again when its certificate is to
 * be renewed, on the proxy's executor, so that it may block, for two seconds at most. Implementations are thread-safe.
 */
@FunctionalInterface
public interface HostApproval {
    /**
     * Approves a host or not. What is thrown does not approve.
     *
     * @param host a host name in lower case that a client has asked for; anybody may ask for any
     * @return whether a certificate is to be ordered for it
     */
    boolean approves(String host);
}
