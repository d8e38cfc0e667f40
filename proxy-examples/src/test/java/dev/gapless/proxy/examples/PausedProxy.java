package dev.gapless.proxy.examples;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.HoldLimits;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.Services;
import dev.gapless.proxy.jetty.ProxyServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A proxy in a process of its own whose one service is paused; told by lines of standard input what to do: {@code await n}
 * says when so many requests are held, {@code resume} resumes, {@code threads} says how many threads there are.
 */
public final class PausedProxy {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String THREADS = "Threads:";

    private PausedProxy() {}

    /** Takes the target's address, how many requests may be held, and how many are released at once. */
    public static void main(String[] arguments) throws Exception {
        ProxyServer proxy = ProxyServer.builder()
                .bindAddress("127.0.0.1")
                .httpPort(0)
                .accessLog(false)
                .build()
                .start();
        Services services = proxy.services();
        HoldLimits limits = new HoldLimits(Integer.parseInt(arguments[1]), 64 << 20, Integer.parseInt(arguments[2]));
        services.deploy(Deployment.builder("app")
                .target(arguments[0])
                .options(ServiceOptions.builder().holdLimits(limits).build())
                .build());
        services.pause("app", Duration.ofMinutes(1), Duration.ofMinutes(10));
        say("port " + proxy.port());
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            obey(line.split(" ", 2), services);
        }
        proxy.stop();
    }

    private static void obey(String[] command, Services services) throws Exception {
        switch (command[0]) {
            case "await" -> {
                int wanted = Integer.parseInt(command[1]);
                while (services.list().get(0).requestsHeld() != wanted) {
                    Thread.sleep(5);
                }
                say("held " + wanted);
            }
            case "resume" -> services.resume("app");
            case "threads" -> say("threads " + Math.max(threads(), peakOfJavaThreads()));
            default -> throw new IllegalArgumentException("unknown command " + command[0]);
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

    @SuppressWarnings("SystemOut")
    private static void say(String line) {
        System.out.println(line);
    }
}
