package dev.gapless.proxy.jetty.bodies;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.jetty.ProxyServer;
import dev.gapless.proxy.jetty.faults.FaultTest;
import dev.gapless.proxy.jetty.faults.RawTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** A proxy with a directory of its own for temporary files, of which none may be left. */
abstract class BodyTest extends FaultTest {
    static final int KIB = 1024;
    static final int MIB = 1024 * KIB;
    static final Duration LONG = Duration.ofSeconds(10);

    @TempDir
    Path temporary;

    final Path directory() {
        return temporary.resolve("buffers");
    }

    @Override
    protected ProxyServer.Builder configure(ProxyServer.Builder builder) {
        return builder.bufferDirectory(directory());
    }

    @Override
    protected void afterStop() throws IOException {
        assertThat(spills()).isZero();
        if (Files.isDirectory(directory())) {
            assertThat(directory()).isEmptyDirectory();
        }
    }

    static BodyOptions.Builder requests(Buffering buffering) {
        return BodyOptions.builder().requestBuffering(buffering);
    }

    /** Full buffering of requests, in files alone. */
    static BodyOptions.Builder spilling() {
        return requests(Buffering.FULL).bufferMemory(0);
    }

    static ServiceOptions options(BodyOptions.Builder bodies) {
        return ServiceOptions.builder().bodies(bodies.build()).build();
    }

    @SafeVarargs
    final <T extends RawTarget> T deploy(BodyOptions.Builder bodies, T... targets) {
        proxy.services().deploy(deployment(LONG, options(bodies), targets));
        return targets[0];
    }

    @SafeVarargs
    final <T extends RawTarget> T deploy(ServiceOptions options, T... targets) {
        proxy.services().deploy(deployment(LONG, options, targets));
        return targets[0];
    }

    final Uploader upload(Framing framing, String method, long length, String... fields) throws Exception {
        return Uploader.begin(framing, proxy.port(), method, "/x", length, fields);
    }

    final int held() {
        return proxy.services().list().get(0).requestsHeld();
    }

    /** Bytes that no two tests with different lengths share. */
    static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    static void assertIdentical(byte[] got, byte[] sent) {
        assertThat(got).hasSameSizeAs(sent);
        assertThat(Arrays.mismatch(got, sent)).as("first byte that differs").isEqualTo(-1);
    }

    /** How many temporary files are open. On Linux they have no name, and are known by who has them open. */
    final int spills() {
        return (int) (files(Path.of("/proc/self/fd")).filter(this::isSpill).count()
                + files(directory()).filter(BodyTest::isNamedSpill).count());
    }

    /** The open temporary files of a system that shows them. */
    final Stream<Path> openSpills() {
        return files(Path.of("/proc/self/fd")).filter(this::isSpill);
    }

    /** How long the open temporary files are. */
    final long openBytes() {
        return openSpills().mapToLong(BodyTest::size).sum();
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            return 0; // Closed meanwhile.
        }
    }

    private boolean isSpill(Path descriptor) {
        try {
            String open = Files.readSymbolicLink(descriptor).toString();
            return open.startsWith(directory().toString()) && open.endsWith(".spill (deleted)");
        } catch (IOException e) {
            return false; // Closed meanwhile.
        }
    }

    private static boolean isNamedSpill(Path file) {
        return file.toString().endsWith(".spill");
    }

    private static Stream<Path> files(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList().stream();
        } catch (IOException e) {
            return Stream.empty(); // Not there.
        }
    }
}
