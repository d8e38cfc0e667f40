package dev.gapless.proxy.examples;

import dev.gapless.proxy.DeployEvent.Swapped;
import dev.gapless.proxy.DeployResult;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.jetty.ProxyServer;
import java.time.Duration;

/**
 * A commanded proxy whose service is deployed again and again: {@code deploy address} says when that is done, when the swap was and
 * how many requests were cut; {@code idle} says when no request is in flight, {@code threads} how many threads there have been.
 */
public final class DeployingProxy extends CommandedProxy {
    private final Duration drainTimeout;

    private DeployingProxy(Duration drainTimeout) {
        super(ProxyServer.builder());
        this.drainTimeout = drainTimeout;
    }

    /** Takes how long a drain may be, in milliseconds. */
    public static void main(String[] arguments) throws Exception {
        new DeployingProxy(Duration.ofMillis(Long.parseLong(arguments[0]))).serve();
    }

    @Override
    void obey(String command, String argument) throws Exception {
        switch (command) {
            case "deploy" -> {
                DeployResult result = services()
                        .deploy(Deployment.builder("app")
                                .target(argument)
                                .drainTimeout(drainTimeout)
                                .build());
                say("deployed " + result.generation() + " " + swappedAt(result) + " " + result.requestsCut());
            }
            case "idle" -> {
                await(() -> services().list().get(0).targets().get(0).requestsInFlight() == 0);
                say("idle");
            }
            case "threads" -> sayThreads();
            default -> throw new IllegalArgumentException("unknown command " + command);
        }
    }

    /** In milliseconds of the epoch. */
    private static long swappedAt(DeployResult result) {
        return result.timeline().stream()
                .filter(Swapped.class::isInstance)
                .map(swapped -> result.startedAt().plus(swapped.at()).toEpochMilli())
                .findFirst()
                .orElseThrow();
    }
}
