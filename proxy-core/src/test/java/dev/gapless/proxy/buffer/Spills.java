package dev.gapless.proxy.buffer;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;

import static org.assertj.core.api.Assertions.assertThat;

/** What tests do with buffers. */
final class Spills {
    static final long MEMORY = 256 << 10;
    static final long DISK = 4 << 20;
    static final long PER_BUFFER = 64 << 10;

    private Spills() {}

    static BufferSpace space(Path directory, Executor fileWork) {
        return BufferSpace.in(directory, new BufferLimits(MEMORY, DISK), fileWork);
    }

    /** Does its file work at once. */
    static BufferSpace space(Path directory) {
        return space(directory, Runnable::run);
    }

    static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        new SplittableRandom(count).nextBytes(bytes);
        return bytes;
    }

    /** Appends all of it, and waits for that. */
    static void append(SpillBuffer buffer, byte[] bytes) throws Exception {
        append(buffer, ByteBuffer.wrap(bytes));
    }

    static void append(SpillBuffer buffer, ByteBuffer source) throws Exception {
        Outcome outcome = new Outcome();
        if (!buffer.append(source, outcome)) {
            outcome.await();
        }
        assertThat(source.hasRemaining()).isFalse();
    }

    static SpillBuffer filled(BufferSpace space, byte[] bytes) throws Exception {
        SpillBuffer buffer = space.open(PER_BUFFER);
        append(buffer, bytes);
        return buffer;
    }

    static byte[] readToEnd(SpillBuffer buffer) throws Exception {
        return readToEnd(buffer.reader(), 10_000);
    }

    static byte[] readToEnd(SpillReader reader, int targetSize) throws Exception {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        int count = 0;
        while (count != SpillReader.END) {
            content.write(arrayOf(reader.poll()));
            ByteBuffer target = ByteBuffer.allocate(targetSize);
            count = read(reader, target);
            content.write(arrayOf(target.flip()));
        }
        return content.toByteArray();
    }

    /** Reads once, and waits for that. */
    static int read(SpillReader reader, ByteBuffer target) throws Exception {
        Outcome outcome = new Outcome();
        int count = reader.read(target, outcome);
        return count == SpillReader.PENDING ? outcome.await() : count;
    }

    /** Reads so many bytes, which must be there. */
    static byte[] read(SpillReader reader, int count) throws Exception {
        ByteBuffer target = ByteBuffer.allocate(count);
        while (target.hasRemaining()) {
            assertThat(read(reader, target)).isPositive();
        }
        return target.array();
    }

    static byte[] arrayOf(ByteBuffer buffer) {
        byte[] array = new byte[buffer == null ? 0 : buffer.remaining()];
        if (buffer != null) {
            buffer.get(array);
        }
        return array;
    }

    static void assertNothingIsUsed(BufferSpace space) {
        assertThat(space.openBuffers()).as("open buffers").isZero();
        assertThat(space.memoryUsed()).as("memory").isZero();
        assertThat(space.diskUsed()).as("disk").isZero();
    }
}
