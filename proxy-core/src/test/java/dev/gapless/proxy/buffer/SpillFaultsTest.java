package dev.gapless.proxy.buffer;

import dev.gapless.proxy.faults.Faults;
import dev.gapless.proxy.faults.FaultyFileSystem;
import dev.gapless.proxy.faults.SystemCall;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static dev.gapless.proxy.buffer.Spills.append;
import static dev.gapless.proxy.buffer.Spills.bytes;
import static dev.gapless.proxy.buffer.Spills.filled;
import static dev.gapless.proxy.buffer.Spills.readToEnd;
import static org.assertj.core.api.Assertions.assertThat;

final class SpillFaultsTest {
    private static final int LIMIT = (int) Spills.PER_BUFFER;

    @TempDir
    Path directory;

    private final AtomicBoolean broken = new AtomicBoolean();

    @Test
    void aFullDiskFailsTheAppendAndWhatWasInMemoryCanStillBeRead() throws Exception {
        try (BufferSpace space = failing(SystemCall.WRITE, new IOException("No space left on device"))) {
            SpillBuffer buffer = filled(space, bytes(1000));
            broken.set(true);

            SpillFailedException failure = failedAppend(buffer, LIMIT);
            assertThat(failure.reason()).isEqualTo(SpillFailedException.Reason.WRITING);
            assertThat(failure).hasMessageContaining("writing to " + directory);
            assertThat(failure).hasMessageEndingWith("failed: No space left on device");
            assertThat(space.diskUsed()).isZero();
            assertThat(buffer.isSpilled()).isFalse();
            assertReadable(buffer, 1000);
        }
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aFullDiskFailsTheAppendAndWhatWasInTheFileCanStillBeRead() throws Exception {
        try (BufferSpace space = failing(SystemCall.WRITE, new IOException("No space left on device"))) {
            SpillBuffer buffer = filled(space, bytes(LIMIT + 1));
            broken.set(true);

            assertThat(failedAppend(buffer, 10).reason()).isEqualTo(SpillFailedException.Reason.WRITING);
            assertThat(failedAppend(buffer, 10).reason()).isEqualTo(SpillFailedException.Reason.WRITING);
            assertThat(space.diskUsed()).isEqualTo(LIMIT + 11);
            assertReadable(buffer, LIMIT + 1);
            Spills.assertNothingIsUsed(space);
        }
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void whatWasGatheredForTheFileCanStillBeReadAndIsWrittenWhenTheDiskHasRoomAgain() throws Exception {
        try (BufferSpace space = failing(SystemCall.WRITE, new IOException("No space left on device"))) {
            byte[] all = bytes(LIMIT + 120);
            SpillBuffer buffer = filled(space, Arrays.copyOf(all, LIMIT + 1));
            assertThat(buffer.gather(ByteBuffer.wrap(all, LIMIT + 1, 99))).isTrue();
            broken.set(true);
            failedAppend(buffer, 20);
            assertThat(Spills.read(buffer.reader(), LIMIT + 100)).isEqualTo(Arrays.copyOf(all, LIMIT + 100));
            broken.set(false);
            append(buffer, Arrays.copyOfRange(all, LIMIT + 100, LIMIT + 120));

            assertThat(space.memoryUsed()).isZero();
            assertReadable(buffer, LIMIT + 120);
        }
    }

    @Test
    void anAppendWorksWhenTheDiskHasRoomAgain() throws Exception {
        try (BufferSpace space = failing(SystemCall.WRITE, new IOException("No space left on device"))) {
            SpillBuffer buffer = space.open(0);
            broken.set(true);
            failedAppend(buffer, 10);
            broken.set(false);
            append(buffer, bytes(300));

            assertReadable(buffer, 300);
        }
    }

    @Test
    void aDirectoryThatMayNotBeWrittenToFailsTheAppend() throws Exception {
        try (BufferSpace space = failing(SystemCall.OPEN, new AccessDeniedException("read-only"))) {
            SpillBuffer buffer = filled(space, bytes(1000));
            broken.set(true);

            SpillFailedException failure = failedAppend(buffer, LIMIT);
            assertThat(failure.reason()).isEqualTo(SpillFailedException.Reason.CREATING);
            assertThat(failure).hasMessageContaining("creating a file in " + directory + " failed");
            assertThat(failure).hasMessageContaining("AccessDeniedException: read-only");
            assertReadable(buffer, 1000);
            Spills.assertNothingIsUsed(space);
        }
    }

    @Test
    void aFileThatCannotBeReadFailsTheReadAndTheNextMayWork() throws Exception {
        try (BufferSpace space = failing(SystemCall.READ, new IOException("Input/output error"))) {
            SpillBuffer buffer = filled(space, bytes(LIMIT + 1));
            SpillReader reader = buffer.reader();
            broken.set(true);
            Outcome outcome = new Outcome();
            ByteBuffer target = ByteBuffer.allocate(LIMIT + 1);
            reader.read(target, outcome);

            assertThat(outcome.failure()).isInstanceOf(SpillFailedException.class);
            assertThat(((SpillFailedException) outcome.failure()).reason())
                    .isEqualTo(SpillFailedException.Reason.READING);
            assertThat(target.position()).isZero();
            broken.set(false);
            assertThat(Spills.read(reader, LIMIT + 1)).isEqualTo(bytes(LIMIT + 1));
        }
    }

    @Test
    void whicheverCallFailsNothingIsLostAndNothingIsLeft() throws Exception {
        int failures = 0;
        boolean happened = true;
        for (int call = 1; happened; call++) {
            FailsOnce fault = new FailsOnce(call);
            BufferSpace space = Spills.space(FaultyFileSystem.path(directory.resolve("spills"), fault));
            SpillBuffer buffer = space.open(LIMIT);
            for (int i = 0; i < 5; i++) {
                failures += appendAgainIfItFails(buffer, i);
            }
            assertPieces(buffer);
            space.close();
            happened = fault.happened();

            Spills.assertNothingIsUsed(space);
            assertThat(directory.resolve("spills")).isEmptyDirectory();
        }
        assertThat(failures).isGreaterThan(8);
    }

    @Test
    void aUsedUpDiskBudgetRefusesTheAppendAndKeepsWhatWasThere() throws Exception {
        try (BufferSpace space = Spills.space(directory)) {
            SpillBuffer big = filled(space, bytes((int) Spills.DISK));
            SpillBuffer small = filled(space, bytes(LIMIT));
            ByteBuffer source = ByteBuffer.wrap(bytes(1));
            Outcome refused = new Outcome();
            small.append(source, refused);

            assertThat(refused.failure())
                    .isInstanceOf(SpaceExhaustedException.class)
                    .hasMessage(
                            "buffering needs 65537 bytes more on disk, where 4194304 of 4194304 bytes are in use by all"
                                    + " buffers");
            assertThat(source.remaining()).isEqualTo(1);
            assertThat(readSoFar(small, LIMIT)).isEqualTo(bytes(LIMIT));
            big.release();
            append(small, source);
            small.end();
            assertThat(readToEnd(small))
                    .hasSize(LIMIT + 1)
                    .startsWith(bytes(LIMIT))
                    .endsWith(bytes(1));
        }
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void shortMemoryMakesBuffersSpillEarlierAndFailsNone() throws Exception {
        try (BufferSpace space = BufferSpace.in(directory, new BufferLimits(2500, 1 << 20), Runnable::run)) {
            SpillBuffer first = filled(space, bytes(2000));
            SpillBuffer second = filled(space, bytes(1000));
            SpillBuffer third = filled(space, bytes(500));

            assertThat(first.isSpilled()).isFalse();
            assertThat(second.isSpilled()).isTrue();
            assertThat(third.isSpilled()).isFalse();
            assertThat(space.memoryUsed()).isEqualTo(2500);
            assertReadable(first, 2000);
            assertReadable(second, 1000);
            assertReadable(third, 500);
        }
    }

    @Test
    void aFileThatSomeoneTruncatesFailsTheRead() throws Exception {
        Path file = directory.resolve("file");
        SpillFile spill = SpillFile.create(file, () -> {});
        spill.write(0, ByteBuffer.wrap(bytes(100)));
        Outcome outcome = new Outcome();
        try {
            spill.read(50, ByteBuffer.allocate(51));
        } catch (IOException e) {
            outcome.failed(new SpillFailedException(SpillFailedException.Reason.READING, spill, e));
        }

        assertThat(outcome.failure()).hasMessageEndingWith("it has been truncated");
        spill.close();
        assertThat(Files.exists(file)).isFalse();
    }

    private BufferSpace failing(SystemCall failing, IOException failure) {
        Faults faults = (call, real) -> {
            if (broken.get() && call == failing) {
                throw failure;
            }
        };
        return Spills.space(FaultyFileSystem.path(directory, faults));
    }

    private static SpillFailedException failedAppend(SpillBuffer buffer, int size) {
        ByteBuffer source = ByteBuffer.wrap(bytes(size));
        Outcome outcome = new Outcome();
        assertThat(buffer.append(source, outcome)).isFalse();
        assertThat(source.remaining()).isEqualTo(size);
        assertThat(outcome.failure()).isInstanceOf(SpillFailedException.class);
        return (SpillFailedException) outcome.failure();
    }

    private static void assertReadable(SpillBuffer buffer, int size) throws Exception {
        buffer.end();
        assertThat(readToEnd(buffer)).isEqualTo(bytes(size));
        buffer.release();
    }

    private static byte[] readSoFar(SpillBuffer buffer, int size) throws Exception {
        return Spills.read(buffer.reader(), size);
    }

    /** Returns how often it has failed. */
    private static int appendAgainIfItFails(SpillBuffer buffer, int piece) {
        int failures = 0;
        Outcome outcome = new Outcome();
        ByteBuffer source = ByteBuffer.wrap(bytes(20_000 + piece));
        while (!buffer.append(source, outcome) && outcome.failure() != null) {
            failures++;
            assertThat(failures).as("failures of one append").isLessThan(3);
            outcome = new Outcome();
        }
        return failures;
    }

    private static void assertPieces(SpillBuffer buffer) throws Exception {
        SpillReader reader = buffer.reader();
        for (int i = 0; i < 5; i++) {
            byte[] piece = bytes(20_000 + i);
            ByteBuffer target = ByteBuffer.allocate(piece.length);
            Outcome outcome = new Outcome();
            if (reader.read(target, outcome) == SpillReader.PENDING && outcome.failure() != null) {
                reader.read(target, new Outcome());
            }
            assertThat(target.array()).isEqualTo(piece);
        }
    }
}
