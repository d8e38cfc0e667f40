package dev.gapless.proxy.engine;

import dev.gapless.proxy.Balancing;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.LoadBalancing;
import dev.gapless.proxy.ServiceInfo.Role;
import dev.gapless.proxy.TargetAddress;
import dev.gapless.proxy.spi.TargetSelector;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;

/** Makes the pools of deployments, with their ways to choose a target. */
final class PoolFactory {
    private final ExpiryWatch expiryWatch;
    private final Map<String, TargetSelector> selectors;
    private final AtomicLong generations;

    PoolFactory(ExpiryWatch expiryWatch, Map<String, TargetSelector> selectors) {
        this(expiryWatch, selectors, 0);
    }

    /**
     * Makes a factory.
     *
     * @param generation what its pools are numbered from
     */
    PoolFactory(ExpiryWatch expiryWatch, Map<String, TargetSelector> selectors, long generation) {
        this.generations = new AtomicLong(generation);
        this.expiryWatch = expiryWatch;
        this.selectors = selectors;
    }

    /** Throws an {@link IllegalArgumentException} if the balancing has a policy that this proxy does not know. */
    Pool newPool(Deployment deployment, Balancing balancing) {
        return newPool(deployment.targets(), deployment.readers(), balancing);
    }

    Pool newPool(List<TargetAddress> writers, List<TargetAddress> readers, Balancing balancing) {
        return new Pool(
                group(writers, Role.WRITER, balancing),
                group(readers, Role.READER, balancing),
                generations.incrementAndGet());
    }

    private TargetGroup group(List<TargetAddress> addresses, Role role, Balancing balancing) {
        List<Target> targets = addresses.stream()
                .map(address -> new Target(address, role, expiryWatch))
                .toList();
        return new TargetGroup(targets, selection(balancing.policy()), balancing.ejection());
    }

    private Selection selection(LoadBalancing policy) {
        if (policy.equals(LoadBalancing.ROUND_ROBIN)) {
            return new RoundRobin();
        } else if (policy.equals(LoadBalancing.LEAST_REQUESTS)) {
            return new LeastRequests();
        }
        TargetSelector selector = selectors.get(policy.name());
        if (selector == null) {
            throw new IllegalArgumentException("load balancing \"" + policy.name() + "\" is unknown; expected "
                    + "round-robin, least-requests or a policy of the host " + new TreeSet<>(selectors.keySet()));
        }
        return new HostSelection(policy.name(), selector);
    }
}
