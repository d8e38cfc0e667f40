package dev.gapless.proxy.examples;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.jetty.ProxyServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A commanded proxy whose service buffers all requests: {@code least n} says when so many bytes are in temporary files,
 * {@code none} when there is no such file, {@code leases} how many requests are with the target.
 */
public final class BufferingProxy extends CommandedProxy {
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

    private BufferingProxy(String target, Path directory) {
        super(ProxyServer.builder().bufferDirectory(directory));
        BodyOptions bodies =
                BodyOptions.builder().requestBuffering(Buffering.FULL).build();
        deploy(target, ServiceOptions.builder().bodies(bodies).build());
    }

    /** Takes the target's address and the directory for temporary files. */
    public static void main(String[] arguments) throws Exception {
        new BufferingProxy(arguments[0], Path.of(arguments[1])).serve();
    }

    @Override
    void obey(String command, String argument) throws Exception {
        switch (command) {
            case "least" -> {
                long wanted = Long.parseLong(argument);
                await(() -> spilledBytes() >= wanted);
                say("at least " + wanted);
            }
            case "none" -> {
                await(() -> spilled().isEmpty());
                say("no file");
            }
            case "leases" ->
                say("leases " + services().list().get(0).targets().get(0).requestsInFlight());
            default -> throw new IllegalArgumentException("unknown command " + command);
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
}
