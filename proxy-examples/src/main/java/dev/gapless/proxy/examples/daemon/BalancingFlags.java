package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.Balancing;
import dev.gapless.proxy.LoadBalancing;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Option;

/** How requests are shared among several targets. */
final class BalancingFlags {
    private static final List<LoadBalancing> POLICIES =
            List.of(LoadBalancing.ROUND_ROBIN, LoadBalancing.LEAST_REQUESTS);

    @Option(
            names = "--lb",
            defaultValue = "round-robin",
            paramLabel = "<policy>",
            description =
                    "How a target is chosen from several: round-robin or least-requests (default ${DEFAULT-VALUE}).")
    private LoadBalancing policy = LoadBalancing.ROUND_ROBIN;

    @Option(
            names = "--writer-affinity-timeout",
            defaultValue = "1s",
            paramLabel = "<duration>",
            description =
                    "How long after a write a client's reads go to writers; 0 for never (default ${DEFAULT-VALUE}).")
    private Duration writerAffinity = Duration.ZERO;

    @Option(
            names = "--read-target-websockets",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "<boolean>",
            defaultValue = "false",
            description = "Send WebSockets to read targets (default ${DEFAULT-VALUE}).")
    private boolean webSocketsToReaders;

    /** Returns the settings, or throws an {@link IllegalArgumentException} that quotes the bad value. */
    Balancing balancing() {
        return Balancing.builder()
                .policy(policy)
                .writerAffinity(writerAffinity)
                .webSocketsToReaders(webSocketsToReaders)
                .build();
    }

    /** Returns the policy of a name, or throws an {@link IllegalArgumentException} that quotes it. */
    static LoadBalancing policy(String name) {
        return POLICIES.stream()
                .filter(policy -> policy.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "\"" + name + "\" is not a way of load balancing; expected round-robin or least-requests"));
    }
}
