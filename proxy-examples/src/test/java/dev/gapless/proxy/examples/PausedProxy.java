package dev.gapless.proxy.examples;

import dev.gapless.proxy.HoldLimits;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.jetty.ProxyServer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A commanded proxy whose service is paused: {@code await n} says when so many requests are held, {@code resume} resumes, {@code threads}
 * says how many threads there are.
 */
public final class PausedProxy extends CommandedProxy {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String THREADS = "Threads:";

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
            case "threads" -> say("threads " + Math.max(threads(), peakOfJavaThreads()));
            default -> throw new IllegalArgumentException("unknown command " + command);
        }
    }

    /** All of the process where the operating system says so, those of the virtual machine among them. */
    private static int threads() throws IOException {
        if (!Files.exists(STATUS)) {
            return 0;
        }
        return Files.readAllLines(STATUS).stream()
                .filter(line -> line.startsWith(THREADS))
                .mapToInt(line ->
                        Integer.parseInt(line.substring(THREADS.length()).strip()))
                .findFirst()
                .orElseThrow();
    }

    private static int peakOfJavaThreads() {
        return ManagementFactory.getThreadMXBean().getPeakThreadCount();
    }
}
