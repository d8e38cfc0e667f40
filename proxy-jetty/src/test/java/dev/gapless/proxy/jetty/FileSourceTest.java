package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.Content;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** Files on their way into memory. */
class FileSourceTest {
    private static final int KIB = 1024;

    @TempDir
    private Path directory;

    private List<Integer> partsOf(int length) throws IOException {
        Path file = Files.write(directory.resolve("file"), new byte[length]);
        FileSource source = new FileSource(
                FileChannel.open(file), new ByteBufferPool.NonPooling(), Runnable::run, Runnable::run, 0, length);
        List<Integer> parts = new ArrayList<>();
        source.fetch();
        for (Content.Chunk part = source.read(); !part.isLast(); part = source.read()) {
            parts.add(part.remaining());
            part.release();
            source.demand(() -> {});
        }
        source.close();
        return parts;
    }

    @Test
    void whoTakesNothingCostsLittleAndWhoTakesMuchGetsItInLargeParts() throws Exception {
        assertThat(partsOf(500 * KIB)).containsExactly(16 * KIB, 32 * KIB, 64 * KIB, 128 * KIB, 128 * KIB, 128 * KIB);
    }
}
