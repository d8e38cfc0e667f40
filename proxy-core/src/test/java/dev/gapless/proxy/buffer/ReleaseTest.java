package dev.gapless.proxy.buffer;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static dev.gapless.proxy.buffer.Spills.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

final class ReleaseTest {
    private static final int LIMIT = (int) Spills.PER_BUFFER;

    @TempDir
    Path directory;

    private final QueueingExecutor slow = new QueueingExecutor();
    private BufferSpace space;

    @BeforeEach
    void openSpace() {
        space = Spills.space(directory, slow);
    }

    @AfterEach
    void nothingIsLeftAfterTheSpaceIsClosed() {
        space.close();
        slow.runAll();
        Spills.assertNothingIsUsed(space);
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void memoryIsFreeAtOnce() {
        SpillBuffer buffer = space.open();
        buffer.append(ByteBuffer.wrap(bytes(1000)), new Outcome());
        buffer.release();

        Spills.assertNothingIsUsed(space);
    }

    @Test
    void diskSpaceIsFreeWhenTheExecutorHasClosedTheFile() {
        SpillBuffer buffer = spilled();
        buffer.release();

        assertThat(space.openBuffers()).isZero();
        assertThat(space.diskUsed()).isEqualTo(LIMIT + 1);
        slow.runAll();
        Spills.assertNothingIsUsed(space);
    }

    @Test
    void aSecondReleaseGivesNothingBack() {
        SpillBuffer other = spilled();
        SpillBuffer buffer = spilled();
        buffer.release();
        buffer.release();
        slow.runAll();
        buffer.release();
        slow.runAll();

        assertThat(space.diskUsed()).isEqualTo(LIMIT + 1);
        assertThat(space.openBuffers()).isEqualTo(1);
        other.release();
    }

    @Test
    void aWriteUnderWayKeepsItsSourceUntilItIsDone() {
        for (int before : new int[] {0, 1000, LIMIT + 1}) {
            SpillBuffer buffer = space.open(LIMIT);
            buffer.append(ByteBuffer.wrap(bytes(before)), new Outcome());
            slow.runAll();
            ByteBuffer source = ByteBuffer.wrap(bytes(LIMIT + 1));
            Outcome outcome = new Outcome();
            buffer.append(source, outcome);
            buffer.release();

            assertThat(outcome.isDone()).isFalse();
            slow.runAll();
            assertThat(outcome.failure()).isInstanceOf(BufferReleasedException.class);
            assertThat(source.remaining()).as("left in the source").isEqualTo(LIMIT + 1);
            Spills.assertNothingIsUsed(space);
        }
    }

    @Test
    void aReadUnderWayKeepsItsTargetUntilItIsDone() {
        SpillBuffer buffer = spilled();
        ByteBuffer target = ByteBuffer.allocate(10);
        Outcome outcome = new Outcome();
        buffer.reader().read(target, outcome);
        buffer.release();

        assertThat(outcome.isDone()).isFalse();
        slow.runAll();
        assertThat(outcome.failure()).isInstanceOf(BufferReleasedException.class);
        assertThat(target.position()).isZero();
        Spills.assertNothingIsUsed(space);
    }

    @Test
    void theFileIsClosedByTheLastOfSeveralReadsAndWrites() {
        SpillBuffer buffer = spilled();
        Outcome first = new Outcome();
        Outcome second = new Outcome();
        Outcome write = new Outcome();
        buffer.reader().read(ByteBuffer.allocate(10), first);
        buffer.append(ByteBuffer.wrap(bytes(1)), write);
        buffer.reader().read(ByteBuffer.allocate(10), second);
        buffer.release();
        slow.runOne();
        slow.runOne();
        assertThat(space.diskUsed()).isEqualTo(LIMIT + 2);
        slow.runOne();

        assertThat(space.diskUsed()).isZero();
        assertThat(first.failure()).isInstanceOf(BufferReleasedException.class);
        assertThat(second.failure()).isInstanceOf(BufferReleasedException.class);
        assertThat(write.failure()).isInstanceOf(BufferReleasedException.class);
        assertThat(slow.size()).isZero();
    }

    @Test
    void readersThatWaitAreToldAtOnce() {
        SpillBuffer buffer = space.open();
        Outcome one = new Outcome();
        Outcome other = new Outcome();
        buffer.reader().read(ByteBuffer.allocate(1), one);
        buffer.reader().read(ByteBuffer.allocate(1), other);
        buffer.release();

        assertThat(one.failure()).isInstanceOf(BufferReleasedException.class);
        assertThat(other.failure()).isInstanceOf(BufferReleasedException.class);
    }

    @Test
    void whatComesAfterwardsFails() {
        SpillBuffer buffer = space.open();
        SpillReader reader = buffer.reader();
        buffer.append(ByteBuffer.wrap(bytes(1)), new Outcome());
        buffer.release();
        Outcome append = new Outcome();
        Outcome read = new Outcome();

        assertThat(buffer.append(ByteBuffer.wrap(bytes(1)), append)).isFalse();
        assertThat(reader.read(ByteBuffer.allocate(1), read)).isEqualTo(SpillReader.PENDING);
        assertThat(reader.poll()).isNull();
        assertThat(append.failure()).isInstanceOf(BufferReleasedException.class);
        assertThat(read.failure()).isInstanceOf(BufferReleasedException.class);
        assertThatNoException().isThrownBy(buffer::end);
    }

    @Test
    void closingTheSpaceReleasesAllBuffers() {
        SpillBuffer inMemory = space.open();
        Outcome waiting = new Outcome();
        inMemory.reader().read(ByteBuffer.allocate(1), waiting);
        SpillBuffer spilled = spilled();
        Outcome writing = new Outcome();
        spilled.append(ByteBuffer.wrap(bytes(1)), writing);
        space.close();
        slow.runAll();

        assertThat(waiting.failure()).isInstanceOf(BufferReleasedException.class);
        assertThat(writing.failure()).isInstanceOf(BufferReleasedException.class);
        Spills.assertNothingIsUsed(space);
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aBufferOpenedAfterwardsIsReleasedAlready() {
        space.close();
        Outcome outcome = new Outcome();
        space.open().append(ByteBuffer.wrap(bytes(1)), outcome);

        assertThat(outcome.failure()).isInstanceOf(BufferReleasedException.class);
    }

    @Test
    void anExecutorThatHasBeenShutDownFailsFileWorkAndLeavesNothing() {
        SpillBuffer spilled = spilled();
        SpillBuffer inMemory = space.open(LIMIT);
        inMemory.append(ByteBuffer.wrap(bytes(1000)), new Outcome());
        slow.shutDown();
        Outcome firstWrite = new Outcome();
        Outcome write = new Outcome();
        Outcome read = new Outcome();
        inMemory.append(ByteBuffer.wrap(bytes(LIMIT)), firstWrite);
        spilled.append(ByteBuffer.wrap(bytes(1)), write);
        spilled.reader().read(ByteBuffer.allocate(1), read);

        for (Outcome outcome : new Outcome[] {firstWrite, write, read}) {
            assertThat(outcome.failure())
                    .isInstanceOf(SpillFailedException.class)
                    .extracting(e -> ((SpillFailedException) e).reason())
                    .isEqualTo(SpillFailedException.Reason.NO_THREAD);
        }
        assertThat(Spills.arrayOf(inMemory.reader().poll())).isEqualTo(bytes(1000));
        spilled.release();
        inMemory.release();
        Spills.assertNothingIsUsed(space);
    }

    @Test
    void aReaderThatThrowsHarmsNeitherTheWriterNorOtherReaders() {
        SpillBuffer buffer = space.open();
        buffer.reader().read(ByteBuffer.allocate(1), new ThrowingResult());
        Outcome other = new Outcome();
        buffer.reader().read(ByteBuffer.allocate(1), other);

        assertThat(buffer.append(ByteBuffer.wrap(bytes(1)), new Outcome())).isTrue();
        assertThat(other.isDone()).isTrue();
    }

    private SpillBuffer spilled() {
        SpillBuffer buffer = space.open(LIMIT);
        buffer.append(ByteBuffer.wrap(bytes(LIMIT + 1)), new Outcome());
        slow.runAll();
        assertThat(buffer.isSpilled()).isTrue();
        return buffer;
    }

    private static final class ThrowingResult implements SpillReader.ReadResult {
        @Override
        public void completed(int count) {
            throw new IllegalStateException("thrown by a reader, as this test wants");
        }

        @Override
        public void failed(BufferException failure) {
            throw failure;
        }
    }
}
