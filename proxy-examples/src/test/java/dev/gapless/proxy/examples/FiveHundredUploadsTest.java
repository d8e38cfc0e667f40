package dev.gapless.proxy.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Five hundred slow uploads of 8 MiB, all under way at once, are buffered by a proxy with a heap of 256 MiB, and reach their
 * target byte for byte, once they are whole.
 */
@Tag("proof")
class FiveHundredUploadsTest {
    private static final int UPLOADS = 500;
    private static final long LENGTH = 8 << 20;
    private static final int HEAP_MEBIBYTES = 256;

    @TempDir
    Path temporary;

    @Test
    void fiveHundredSlowUploadsAreBufferedAtOnceAndReachTheTargetByteForByte() throws Exception {
        assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")), "the system shows open files");
        long length = length();
        Path directory = temporary.resolve("buffers");
        Uploads uploads = new Uploads();
        try (ComparingTarget target = new ComparingTarget(uploads, length);
                SlowUploaders uploaders = new SlowUploaders(uploads, length);
                JavaProcess proxy = JavaProcess.start(
                        Map.of(),
                        List.of("-Xmx" + HEAP_MEBIBYTES + "m", "-XX:+ExitOnOutOfMemoryError"),
                        BufferingProxy.class.getName(),
                        target.address(),
                        directory.toString())) {
            int port = Integer.parseInt(
                    proxy.awaitLine(line -> line.startsWith("port ")).substring(5));
            uploaders.connect(port, UPLOADS);
            uploaders.sendTo(length - 1);
            // Apart from those that the memory for all buffers has room for, an eighth of the heap.
            proxy.type("least " + (UPLOADS * (length - 1) - (HEAP_MEBIBYTES << 17)) + "\nleases\n");
            assertThat(proxy.awaitLine(line -> line.startsWith("leases "))).isEqualTo("leases 0");
            assertThat(target.begun()).isZero();

            uploaders.sendTo(length);

            assertThat(uploaders.awaitAnswers()).isEqualTo(UPLOADS);
            assertThat(target.identical()).hasSize(UPLOADS);
            assertThat(target.begun()).isEqualTo(UPLOADS);
            proxy.type("none\n");
            proxy.awaitLine("no file"::equals);
            proxy.endInput();
            assertThat(proxy.awaitExit()).isZero();
            assertThat(directory).isEmptyDirectory();
        }
    }

    /** Shorter ones where the disk has no room for those. */
    private long length() throws IOException {
        long room = Files.getFileStore(temporary).getUsableSpace() / 2;
        assumeTrue(room > UPLOADS * (long) (1 << 20), "the disk has room for at least a mebibyte an upload");
        return Math.min(LENGTH, room / UPLOADS);
    }
}
