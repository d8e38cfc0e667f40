package dev.gapless.proxy.examples;

import dev.gapless.proxy.DeployResult;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.jetty.ProxyServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A proxy in a process of its own with one service, told by lines of standard input what to do. Each is a word and what the answer
 * begins with: {@code threads x} asks how many threads there are, {@code memory x} how many bytes of memory are used, {@code deploy
 * x address millis} deploys that target with a drain of so long, and asks how many requests were cut.
 */
public final class StreamingProxy {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String THREADS = "Threads:";

    private final ProxyServer proxy;

    private StreamingProxy(ProxyServer proxy) {
        this.proxy = proxy;
    }

    /** Takes the target's address, and for how many milliseconds clients may be idle. */
    public static void main(String[] arguments) throws Exception {
        ProxyServer proxy = ProxyServer.builder()
                .bindAddress("127.0.0.1")
                .httpPort(0)
                .accessLog(false)
                .clientIdleTimeout(Duration.ofMillis(Long.parseLong(arguments[1])))
                .build()
                .start();
        proxy.services().deploy(Deployment.of("app", arguments[0]));
        say("port " + proxy.port());
        StreamingProxy told = new StreamingProxy(proxy);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            told.obey(line.split(" "));
        }
        proxy.stop();
    }

    private void obey(String[] command) throws Exception {
        String label = command[1] + " ";
        switch (command[0]) {
            case "threads" -> say(label + threads());
            case "memory" -> say(label + memory());
            case "deploy" -> {
                Thread deploying = new Thread(() -> deploy(label, command[2], Long.parseLong(command[3])));
                deploying.setDaemon(true);
                deploying.start();
            }
            default -> throw new IllegalArgumentException("unknown command " + command[0]);
        }
    }

    private void deploy(String label, String address, long drainMillis) {
        DeployResult result = proxy.services()
                .deploy(Deployment.builder("app")
                        .target(address)
                        .drainTimeout(Duration.ofMillis(drainMillis))
                        .build());
        say(label + result.requestsCut());
    }

    /** All of the process where the operating system says so, those of the virtual machine among them. */
    private static int threads() throws IOException {
        if (!Files.exists(STATUS)) {
            return ManagementFactory.getThreadMXBean().getThreadCount();
        }
        return Files.readAllLines(STATUS).stream()
                .filter(line -> line.startsWith(THREADS))
                .mapToInt(line ->
                        Integer.parseInt(line.substring(THREADS.length()).strip()))
                .findFirst()
                .orElseThrow();
    }

    /** What is used on the heap, at least, after some collections, and by direct buffers. */
    private static long memory() {
        long heap = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            heap = Math.min(
                    heap,
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        }
        return heap
                + ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                        .filter(pool -> pool.getName().equals("direct"))
                        .mapToLong(BufferPoolMXBean::getMemoryUsed)
                        .sum();
    }

    @SuppressWarnings("SystemOut")
    private static synchronized void say(String line) {
        System.out.println(line);
    }
}
