package dev.gapless.proxy.examples;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.jetty.ProxyServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A proxy in a process of its own whose one service buffers all requests; told by lines of standard input what to do: {@code
 * least n} says when so many bytes are in temporary files, {@code none} when there is no such file, {@code leases} how many
 * requests are with the target. The end of the input stops it.
 */
public final class BufferingProxy {
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

    private BufferingProxy() {}

    /** Takes the target's address and the directory for temporary files. */
    public static void main(String[] arguments) throws Exception {
        ProxyServer proxy = ProxyServer.builder()
                .bindAddress("127.0.0.1")
                .httpPort(0)
                .accessLog(false)
                .bufferDirectory(Path.of(arguments[1]))
                .build()
                .start();
        BodyOptions bodies =
                BodyOptions.builder().requestBuffering(Buffering.FULL).build();
        proxy.services()
                .deploy(Deployment.builder("app")
                        .target(arguments[0])
                        .options(ServiceOptions.builder().bodies(bodies).build())
                        .build());
        say("port " + proxy.port());
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            obey(line.split(" ", 2), proxy);
        }
        proxy.stop();
    }

    private static void obey(String[] command, ProxyServer proxy) throws Exception {
        switch (command[0]) {
            case "least" -> {
                long wanted = Long.parseLong(command[1]);
                while (spilledBytes() < wanted) {
                    Thread.sleep(5);
                }
                say("at least " + wanted);
            }
            case "none" -> {
                while (!spilled().isEmpty()) {
                    Thread.sleep(5);
                }
                say("no file");
            }
            case "leases" ->
                say("leases " + proxy.services().list().get(0).targets().get(0).requestsInFlight());
            default -> throw new IllegalArgumentException("unknown command " + command[0]);
        }
    }

    private static long spilledBytes() throws IOException {
        long sum = 0;
        for (Path file : spilled()) {
            try {
                sum += Files.size(file);
            } catch (IOException e) {
                // Closed meanwhile.
            }
        }
        return sum;
    }

    /** On Linux these files have no name, and are found where they are open. */
    private static List<Path> spilled() throws IOException {
        try (Stream<Path> open = Files.list(DESCRIPTORS)) {
            return open.filter(BufferingProxy::isSpilled).toList();
        }
    }

    private static boolean isSpilled(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().endsWith(".spill (deleted)");
        } catch (IOException e) {
            return false; // Closed meanwhile.
        }
    }

    @SuppressWarnings("SystemOut")
    private static void say(String line) {
        System.out.println(line);
    }
}
