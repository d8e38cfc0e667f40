package dev.gapless.proxy.buffer;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static dev.gapless.proxy.buffer.Spills.append;
import static dev.gapless.proxy.buffer.Spills.filled;
import static dev.gapless.proxy.buffer.Spills.read;
import static dev.gapless.proxy.buffer.Spills.readToEnd;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

final class SpillBufferTest {
    private static final int LIMIT = (int) Spills.PER_BUFFER;

    @TempDir
    Path directory;

    private final QueueingExecutor slow = new QueueingExecutor();
    private BufferSpace space;

    @BeforeEach
    void openSpace() {
        space = Spills.space(directory);
    }

    @AfterEach
    void closeSpace() {
        space.close();
        slow.runAll();
        Spills.assertNothingIsUsed(space);
        assertThat(directory).isEmptyDirectory();
    }

    /** Around all limits: chunks, what a buffer has of memory, slices of file work. */
    static IntStream sizes() {
        return IntStream.concat(
                IntStream.of(0, 1, 2, 100, 100_000, 300_000),
                IntStream.of(512, 1024, 32 << 10, LIMIT, LIMIT + 512, 128 << 10)
                        .flatMap(limit -> IntStream.rangeClosed(limit - 1, limit + 1)));
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void whatIsAppendedAtOnceIsReadTwice(int size) throws Exception {
        SpillBuffer buffer = filled(space, bytes(size));
        buffer.end();

        assertThat(readToEnd(buffer)).isEqualTo(bytes(size));
        assertThat(readToEnd(buffer)).isEqualTo(bytes(size));
        assertThat(buffer.length()).isEqualTo(size);
        assertThat(buffer.isSpilled()).isEqualTo(size > LIMIT);
        buffer.release();
    }

    @Test
    void memoryThatIsTakenOtherwiseHasBuffersSpillEarlier() throws Exception {
        long all = Spills.MEMORY;
        assertThat(space.takeMemory(all + 1)).isFalse();
        assertThat(space.takeMemory(all)).isTrue();
        SpillBuffer buffer = filled(space, bytes(1));
        assertThat(buffer.isSpilled()).isTrue();
        space.giveMemory(all);
        SpillBuffer later = filled(space, bytes(1));

        assertThat(later.isSpilled()).isFalse();
        buffer.release();
        later.release();
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void whatIsAppendedInPiecesIsReadWhole(int size) throws Exception {
        byte[] whole = bytes(size);
        for (int piece : new int[] {700, 16 << 10, LIMIT, LIMIT + 1}) {
            SpillBuffer buffer = space.open(LIMIT);
            for (int from = 0; from < size; from += piece) {
                append(buffer, Arrays.copyOfRange(whole, from, Math.min(size, from + piece)));
            }
            buffer.end();

            assertThat(readToEnd(buffer)).isEqualTo(whole);
            buffer.release();
        }
    }

    @Test
    void directBuffersAreTakenAndFilledAsWell() throws Exception {
        SpillBuffer buffer = space.open(LIMIT);
        append(buffer, ByteBuffer.allocateDirect(200_000).put(bytes(200_000)).flip());
        ByteBuffer target = ByteBuffer.allocateDirect(200_000);

        assertThat(read(buffer.reader(), target)).isEqualTo(200_000);
        assertThat(Spills.arrayOf(target.flip())).isEqualTo(bytes(200_000));
    }

    @Test
    void aSmallBodyNeedsNoFileNoHopAndNoMoreMemoryThanItHas() throws Exception {
        BufferSpace slowSpace = Spills.space(directory, slow);
        SpillBuffer buffer = filled(slowSpace, bytes(1000));
        buffer.end();

        assertThat(slowSpace.memoryUsed()).isEqualTo(1000);
        assertThat(Spills.arrayOf(buffer.reader().poll())).isEqualTo(bytes(1000));
        buffer.release();
        assertThat(slow.size()).isZero();
        assertThat(directory).isEmptyDirectory();
        slowSpace.close();
    }

    @Test
    void manyTinyAppendsTakeFewChunks() throws Exception {
        SpillBuffer buffer = space.open(LIMIT);
        for (int i = 0; i < 3000; i++) {
            append(buffer, new byte[] {(byte) i});
        }

        assertThat(space.memoryUsed()).isBetween(3000L, 6000L);
    }

    /** Each write to a file takes as long for one byte as for thousands. */
    @Test
    void manyTinyPartsTakeFewWrites() throws Exception {
        byte[] all = bytes(100_000);
        SpillBuffer buffer = filled(space, Arrays.copyOf(all, LIMIT + 1));
        SpillReader constant = buffer.reader();
        ByteBuffer read = ByteBuffer.allocate(all.length);
        int writes = 0;
        for (int i = LIMIT + 1; i < all.length; i++) {
            ByteBuffer part = ByteBuffer.wrap(all, i, 1);
            if (!buffer.gather(part)) {
                append(buffer, part);
                assertThat(buffer.hasGathered()).isFalse();
                writes++;
            }
            if (i % 1000 == 0) {
                read(constant, read);
            }
        }
        buffer.end();

        assertThat(writes).isEqualTo((all.length - LIMIT - 1) / (16 << 10));
        assertThat(buffer.hasGathered()).isTrue();
        assertThat(readToEnd(buffer)).isEqualTo(all);
        while (read.hasRemaining()) {
            read(constant, read);
        }
        assertThat(read.array()).isEqualTo(all);
    }

    @Test
    void whatIsGatheredIsWrittenByAnAppendOfNothing() throws Exception {
        SpillBuffer buffer = filled(space, bytes(LIMIT + 1));
        assertThat(buffer.gather(ByteBuffer.wrap(bytes(100)))).isTrue();

        append(buffer, new byte[0]);

        assertThat(buffer.hasGathered()).isFalse();
        assertThat(buffer.length()).isEqualTo(LIMIT + 101);
        assertThat(space.memoryUsed()).isZero();
    }

    @Test
    void thatWhichIsNotForTheFileIsNotGathered() throws Exception {
        SpillBuffer inMemory = filled(space, bytes(10));
        SpillBuffer spilled = filled(space, bytes(LIMIT + 1));
        ByteBuffer large = ByteBuffer.wrap(bytes(10_000));

        assertThat(inMemory.gather(ByteBuffer.wrap(bytes(1)))).isFalse();
        assertThat(spilled.gather(large)).isFalse();
        assertThat(large.remaining()).isEqualTo(10_000);
        assertThat(inMemory.hasGathered()).isFalse();
    }

    @Test
    void nothingIsGatheredThatTheDiskHasNoRoomFor() throws Exception {
        SpillBuffer buffer = filled(space, bytes((int) Spills.DISK));

        assertThat(buffer.gather(ByteBuffer.wrap(bytes(1)))).isFalse();
    }

    @Test
    void aSpilledBufferHoldsNoMemory() throws Exception {
        SpillBuffer buffer = filled(space, bytes(LIMIT));
        assertThat(space.memoryUsed()).isEqualTo(LIMIT);
        append(buffer, bytes(1));

        assertThat(space.memoryUsed()).isZero();
        assertThat(space.diskUsed()).isEqualTo(LIMIT + 1);
    }

    @Test
    void aBufferWithoutMemoryGoesToDiskAtOnce() throws Exception {
        SpillBuffer buffer = space.open(0);
        append(buffer, bytes(1));

        assertThat(buffer.isSpilled()).isTrue();
        assertThat(read(buffer.reader(), 1)).isEqualTo(bytes(1));
    }

    @Test
    void aReaderThatStartedInMemoryGoesOnInTheFile() throws Exception {
        SpillBuffer buffer = filled(space, bytes(100_000, 0, 40_000));
        SpillReader reader = buffer.reader();
        byte[] first = read(reader, 30_000);
        append(buffer, bytes(100_000, 40_000, 100_000));
        buffer.end();

        assertThat(first).isEqualTo(bytes(100_000, 0, 30_000));
        assertThat(reader.position()).isEqualTo(30_000);
        assertThat(readToEnd(reader, 7_000)).isEqualTo(bytes(100_000, 30_000, 100_000));
    }

    @Test
    void aReaderThatHasCaughtUpIsToldWhatComes() throws Exception {
        SpillBuffer buffer = space.open(LIMIT);
        ByteBuffer target = ByteBuffer.allocate(LIMIT + 1);
        for (int size : new int[] {1, 1000, LIMIT}) {
            Outcome outcome = new Outcome();
            SpillReader reader = caughtUp(buffer);
            assertThat(reader.read(target.clear(), outcome)).isEqualTo(SpillReader.PENDING);
            assertThat(outcome.isDone()).isFalse();
            append(buffer, bytes(size));

            assertThat(outcome.await()).isEqualTo(size);
            assertThat(Spills.arrayOf(target.flip())).isEqualTo(bytes(size));
        }
    }

    @Test
    void aReaderThatHasCaughtUpIsToldTheEnd() throws Exception {
        for (int size : new int[] {0, 1000, LIMIT + 1}) {
            SpillBuffer buffer = filled(space, bytes(size));
            Outcome outcome = new Outcome();
            caughtUp(buffer).read(ByteBuffer.allocate(1), outcome);
            buffer.end();

            assertThat(outcome.await()).isEqualTo(SpillReader.END);
            assertThat(buffer.isEnded()).isTrue();
        }
    }

    @Test
    void appendsToTheFileAreDoneWhenTheExecutorHasDoneThem() {
        BufferSpace slowSpace = Spills.space(directory, slow);
        SpillBuffer buffer = slowSpace.open(LIMIT);
        Outcome outcome = new Outcome();
        ByteBuffer source = ByteBuffer.wrap(bytes(LIMIT + 1));

        assertThat(buffer.append(source, outcome)).isFalse();
        assertThat(outcome.isDone()).isFalse();
        assertThat(buffer.length()).isZero();
        slow.runAll();

        assertThat(outcome.isDone()).isTrue();
        assertThat(source.hasRemaining()).isFalse();
        assertThat(buffer.length()).isEqualTo(LIMIT + 1);
        slowSpace.close();
    }

    @Test
    void viewsStayValidWhenTheContentMovesToTheFile() throws Exception {
        SpillBuffer buffer = filled(space, bytes(1000));
        ByteBuffer view = buffer.reader().poll();
        append(buffer, bytes(LIMIT));
        buffer.release();

        assertThat(view.isReadOnly()).isTrue();
        assertThat(Spills.arrayOf(view)).isEqualTo(bytes(1000));
    }

    @Test
    void misuseIsToldToTheCaller() {
        BufferSpace slowSpace = Spills.space(directory, slow);
        SpillBuffer buffer = slowSpace.open(0);
        SpillReader reader = buffer.reader();
        reader.read(ByteBuffer.allocate(1), new Outcome());
        buffer.append(ByteBuffer.wrap(bytes(1)), new Outcome());

        assertThatIllegalStateException()
                .isThrownBy(() -> buffer.append(ByteBuffer.wrap(bytes(1)), new Outcome()))
                .withMessage("another append is under way");
        assertThatIllegalStateException()
                .isThrownBy(buffer::end)
                .withMessage("the end must not come while an append is under way");
        assertThatIllegalStateException().isThrownBy(() -> reader.read(ByteBuffer.allocate(1), new Outcome()));
        assertThatIllegalStateException().isThrownBy(reader::poll);
        slow.runAll();
        buffer.end();
        assertThatIllegalStateException()
                .isThrownBy(() -> buffer.append(ByteBuffer.wrap(bytes(1)), new Outcome()))
                .withMessage("nothing can be appended after the end");
        slowSpace.close();
    }

    @Test
    void valuesThatCannotBeAreQuoted() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> space.open(-1))
                .withMessage("memory limit of a buffer -1 must be 0 or more bytes");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new BufferLimits(0, -2))
                .withMessage("buffer disk space -2 must be 0 or more bytes");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> space.open().reader().read(ByteBuffer.allocate(0), new Outcome()))
                .withMessageEndingWith("must have room for at least 1 byte");
    }

    private static SpillReader caughtUp(SpillBuffer buffer) throws Exception {
        SpillReader reader = buffer.reader();
        read(reader, (int) buffer.length());
        return reader;
    }

    private static byte[] bytes(int count) {
        return Spills.bytes(count);
    }

    private static byte[] bytes(int count, int from, int to) {
        return Arrays.copyOfRange(Spills.bytes(count), from, to);
    }
}
