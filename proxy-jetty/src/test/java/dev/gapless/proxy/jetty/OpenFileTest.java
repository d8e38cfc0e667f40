package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

/** Files that are opened while others take their places. */
@Tag("proof")
class OpenFileTest {
    private static final int TRIES = 20_000;

    private final AtomicBoolean over = new AtomicBoolean();
    private int opened;

    /** A directory of the root comes and goes, and in between there is a link that leads out under its name. */
    @Test
    void aLinkThatTakesTheNameOfADirectoryMeanwhileDoesNotLeadOut(@TempDir Path directory) throws Exception {
        Path root = Files.createDirectories(directory.toRealPath().resolve("root"));
        Path inside = Files.createDirectory(root.resolve("inside"));
        Path outside = Files.createDirectory(directory.toRealPath().resolve("outside"));
        Files.writeString(inside.resolve("file"), "public");
        Files.writeString(outside.resolve("file"), "secret");
        Thread swapping = new Thread(() -> swap(inside, root.resolve("aside"), outside), "swapping");
        swapping.start();
        try {
            for (int i = 0; i < TRIES; i++) {
                assertThat(content(root, inside.resolve("file"))).isNotEqualTo("secret");
            }
        } finally {
            over.set(true);
            swapping.join();
        }
        assertThat(opened).isPositive();
    }

    private void swap(Path inside, Path aside, Path outside) {
        try {
            while (!over.get()) {
                Files.move(inside, aside);
                Files.createSymbolicLink(inside, outside);
                Files.delete(inside);
                Files.move(aside, inside);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private String content(Path root, Path file) {
        try (OpenFile found = OpenFile.below(root, file, "")) {
            ByteBuffer bytes = ByteBuffer.allocate(16);
            found.channel().read(bytes);
            opened++;
            return US_ASCII.decode(bytes.flip()).toString();
        } catch (IOException e) {
            return "none"; // It was not there, or not for long enough.
        }
    }
}
