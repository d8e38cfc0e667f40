package dev.gapless.proxy.examples;

import dev.gapless.proxy.Deployment;
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
import java.util.concurrent.Callable;

/**
 * A proxy in a process of its own, with one service, told by lines of standard input what to do: a command, and what it is
 * about. It says its port in a line, and the end of the input stops it.
 */
abstract class CommandedProxy {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String THREADS = "Threads:";

    private final ProxyServer proxy;

    /** Starts on a port of the loopback interface. */
    CommandedProxy(ProxyServer.Builder builder) {
        proxy = builder.bindAddress("127.0.0.1")
                .httpPort(0)
                .accessLog(false)
                .build()
                .start();
    }

    final Services services() {
        return proxy.services();
    }

    final void deploy(String target, ServiceOptions options) {
        services()
                .deploy(Deployment.builder("app")
                        .target(target)
                        .options(options)
                        .build());
    }

    /** Obeys until there are no more commands. */
    final void serve() throws Exception {
        say("port " + proxy.port());
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] command = line.split(" ", 2);
            obey(command[0], command.length > 1 ? command[1] : "");
        }
        proxy.stop();
    }

    abstract void obey(String command, String argument) throws Exception;

    /** Looks again and again, as nobody tells. */
    static void await(Callable<Boolean> condition) throws Exception {
        while (!condition.call()) {
            Thread.sleep(5);
        }
    }

    /** Says how many threads there have been. */
    static void sayThreads() throws IOException {
        say("threads " + Math.max(threads(), peakOfJavaThreads()));
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
    static void say(String line) {
        System.out.println(line);
    }
}
