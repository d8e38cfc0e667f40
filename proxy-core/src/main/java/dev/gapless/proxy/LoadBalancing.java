package dev.gapless.proxy;

/**
 * How a target is chosen from several. Immutable.
 *
 * @param name {@code round-robin}, {@code least-requests}, or the name under which the host application has given the proxy a
 *     {@link dev.gapless.proxy.spi.TargetSelector}
 */
public record LoadBalancing(String name) {
    /** Each in turn. The default. */
    public static final LoadBalancing ROUND_ROBIN = new LoadBalancing("round-robin");

    /** Of two picked at random the one with fewer requests in flight, which spares slow targets without a herd. */
    public static final LoadBalancing LEAST_REQUESTS = new LoadBalancing("least-requests");

    /**
     * Checks the name.
     *
     * @param name the name of the policy
     * @throws IllegalArgumentException if it is blank
     */
    public LoadBalancing {
        if (name.isBlank()) {
            throw new IllegalArgumentException("load balancing \"" + name + "\" is blank; expected round-robin, "
                    + "least-requests or the name of a policy of the host");
        }
    }
}
