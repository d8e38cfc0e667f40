package dev.gapless.proxy.buffer;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Appends, reads and file work in random order, against an array that has the content. */
final class InterleavingsTest {
    private static final int STEPS = 400;
    private static final int CONTENT = 200_000;
    private static final int MEMORY = 30_000;
    private static final byte[] WHOLE = Spills.bytes(CONTENT);

    @TempDir
    Path directory;

    private final QueueingExecutor slow = new QueueingExecutor();

    static IntStream seeds() {
        return IntStream.range(0, 60);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyReaderSeesWhatWasAppendedAndNothingElse(int seed) throws Exception {
        Random random = new Random(seed);
        BufferSpace space = BufferSpace.in(directory, new BufferLimits(MEMORY, CONTENT), slow);
        SpillBuffer buffer = space.open(1 + random.nextInt(2 * MEMORY));
        Writer writer = new Writer(buffer);
        List<CheckedReader> readers = new ArrayList<>();
        for (int step = 0; step < STEPS; step++) {
            switch (random.nextInt(8)) {
                case 0, 1 -> writer.appendSome(random);
                case 2 -> readers.add(new CheckedReader(buffer.reader()));
                case 3, 4, 5 -> anyOf(readers, random).forEach(reader -> reader.readSome(random));
                default -> runOne();
            }
            assertThat(space.memoryUsed()).isLessThanOrEqualTo(MEMORY);
            assertThat(space.diskUsed()).isLessThanOrEqualTo(CONTENT);
        }
        slow.runAll();
        buffer.end();
        slow.runAll();
        for (CheckedReader reader : readers) {
            reader.readToEnd(slow, writer.appended());
        }
        buffer.release();
        slow.runAll();
        Spills.assertNothingIsUsed(space);
        space.close();
    }

    private void runOne() {
        if (slow.size() > 0) {
            slow.runOne();
        }
    }

    private static List<CheckedReader> anyOf(List<CheckedReader> readers, Random random) {
        return readers.isEmpty() ? List.of() : List.of(readers.get(random.nextInt(readers.size())));
    }

    private static final class Writer {

        private final SpillBuffer buffer;
        private int appended;
        private int next;
        private Outcome pending;

        Writer(SpillBuffer buffer) {
            this.buffer = buffer;
        }

        void appendSome(Random random) {
            if (pending != null && !pending.isDone()) {
                return;
            }
            appended = next;
            int count = Math.min(random.nextInt(random.nextBoolean() ? 100 : 10_000), CONTENT - appended);
            pending = new Outcome();
            ByteBuffer source = ByteBuffer.wrap(WHOLE, appended, count);
            if (buffer.gather(source) || buffer.append(source, pending)) {
                pending.appended();
            }
            next = appended + count;
        }

        int appended() {
            return next;
        }
    }

    private static final class CheckedReader {

        private final SpillReader reader;
        private int position;
        private ByteBuffer target = ByteBuffer.allocate(0);
        private Outcome pending;

        CheckedReader(SpillReader reader) {
            this.reader = reader;
        }

        void readSome(Random random) {
            takePending();
            if (pending != null) {
                return;
            }
            if (random.nextInt(4) == 0) {
                check(Spills.arrayOf(reader.poll()));
                return;
            }
            pending = new Outcome();
            target = ByteBuffer.allocate(1 + random.nextInt(random.nextBoolean() ? 50 : 20_000));
            int count = reader.read(target, pending);
            if (count != SpillReader.PENDING) {
                pending.completed(count);
            }
            takePending();
        }

        private void takePending() {
            if (pending != null && pending.isDone()) {
                pending = null;
                check(Spills.arrayOf(target.flip()));
            }
        }

        private void check(byte[] read) {
            assertThat(read).isEqualTo(Arrays.copyOfRange(WHOLE, position, position + read.length));
            position += read.length;
            assertThat(reader.position()).isEqualTo(position);
        }

        void readToEnd(QueueingExecutor slow, int length) {
            Random random = new Random(1);
            while (position < length) {
                readSome(random);
                slow.runAll();
                takePending();
            }
            assertThat(position).isEqualTo(length);
            takePending();
            assertThat(reader.read(ByteBuffer.allocate(1), new Outcome())).isEqualTo(SpillReader.END);
        }
    }
}
