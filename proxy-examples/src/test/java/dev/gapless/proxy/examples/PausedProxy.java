package dev.gapless.proxy.examples;

import dev.gapless.proxy.HoldLimits;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.jetty.ProxyServer;
import java.time.Duration;

/**
 * A commanded proxy whose service is paused: {@code await n} says when so many requests are held, {@code resume} resumes,
 * {@code threads} says how many threads there are.
 */
public final class PausedProxy extends CommandedProxy {
    private PausedProxy(String target, HoldLimits limits) {
        super(ProxyServer.builder());
        deploy(target, ServiceOptions.builder().holdLimits(limits).build());
        services().pause("app", Duration.ofMinutes(1), Duration.ofMinutes(10));
    }

    /** Takes the target's address, how many requests may be held, and how many are released at once. */
    public static void main(String[] arguments) throws Exception {
        HoldLimits limits = new HoldLimits(Integer.parseInt(arguments[1]), 64 << 20, Integer.parseInt(arguments[2]));
        new PausedProxy(arguments[0], limits).serve();
    }

    @Override
    void obey(String command, String argument) throws Exception {
        switch (command) {
            case "await" -> {
                int wanted = Integer.parseInt(argument);
                await(() -> services().list().get(0).requestsHeld() == wanted);
                say("held " + wanted);
            }
            case "resume" -> services().resume("app");
            case "threads" -> sayThreads();
            default -> throw new IllegalArgumentException("unknown command " + command);
        }
    }
}
