package dev.gapless.proxy.buffer;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static dev.gapless.proxy.buffer.Spills.bytes;
import static org.assertj.core.api.Assertions.assertThat;

/** Real threads. */
final class ManyBuffersTest {
    private static final int THREADS = 4;
    private static final BufferLimits LIMITS = new BufferLimits(100_000, 400_000);
    private static final byte[] CONTENT = bytes(120_000);

    @TempDir
    Path directory;

    private final ExecutorService fileWork = Executors.newFixedThreadPool(2);
    private final ExecutorService clients = Executors.newFixedThreadPool(2 * THREADS);
    private final CountDownLatch underWay = new CountDownLatch(10 * THREADS);
    private BufferSpace space;

    @BeforeEach
    void openSpace() {
        space = BufferSpace.in(directory, LIMITS, fileWork);
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        clients.shutdownNow();
        space.close();
        fileWork.shutdown();
        assertThat(fileWork.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        Spills.assertNothingIsUsed(space);
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aWriterAndItsReadersRunAtOnce() throws Exception {
        runAtOnce(10);
    }

    @Tag("proof")
    @Test
    void aWriterAndItsReadersRunAtOnceAgainAndAgain() throws Exception {
        runAtOnce(300);
    }

    private void runAtOnce(int rounds) throws Exception {
        for (int round = 0; round < rounds; round++) {
            SpillBuffer buffer = space.open(50_000);
            List<Future<byte[]>> readers = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                int targetSize = 1 + 3000 * i;
                readers.add(clients.submit(() -> Spills.readToEnd(buffer.reader(), Math.max(100, targetSize))));
            }
            Random random = new Random(round);
            appendRandomly(buffer, CONTENT.length, random);
            buffer.end();
            for (Future<byte[]> reader : readers) {
                assertThat(reader.get(30, TimeUnit.SECONDS)).isEqualTo(CONTENT);
            }
            buffer.release();
        }
    }

    @Test
    void theBudgetsHoldForThousandsOfBuffers() throws Exception {
        assertBudgetsHold(300);
    }

    @Tag("proof")
    @Test
    void theBudgetsHoldForTensOfThousandsOfBuffers() throws Exception {
        assertBudgetsHold(5000);
    }

    private void assertBudgetsHold(int buffers) throws Exception {
        inAllThreads(seed -> {
            Random random = new Random(seed);
            for (int i = 0; i < buffers; i++) {
                SpillBuffer buffer = space.open(random.nextInt(40_000));
                int size = random.nextInt(random.nextInt(10) == 0 ? CONTENT.length : 20_000);
                try {
                    appendRandomly(buffer, size, random);
                    buffer.end();
                    assertThat(Spills.readToEnd(buffer)).isEqualTo(Arrays.copyOf(CONTENT, size));
                } catch (ExecutionException e) {
                    assertThat(e).hasCauseInstanceOf(SpaceExhaustedException.class);
                }
                assertThat(space.memoryUsed()).isBetween(0L, LIMITS.memoryBytes());
                assertThat(space.diskUsed()).isBetween(0L, LIMITS.diskBytes());
                buffer.release();
            }
        });
    }

    @Test
    void buffersThatAreReleasedInTheMiddleOfAnythingGiveAllBack() throws Exception {
        inAllThreads(seed -> {
            Random random = new Random(seed);
            for (int i = 0; i < 300; i++) {
                SpillBuffer buffer = space.open(random.nextInt(20_000));
                Future<byte[]> reader = clients.submit(() -> Spills.readToEnd(buffer.reader(), 500));
                Outcome last = new Outcome();
                boolean known = false;
                for (int piece = 0; piece < 4 && !known; piece++) {
                    last = new Outcome();
                    ByteBuffer source = ByteBuffer.wrap(CONTENT, 0, random.nextInt(15_000));
                    known = !buffer.append(source, last);
                }
                buffer.release();
                assertEnds(reader);
                if (known) {
                    assertComes(last);
                }
            }
        });
    }

    @Test
    void closingTheSpaceEndsWhateverIsUnderWay() throws Exception {
        List<Future<?>> work = new ArrayList<>();
        for (int i = 0; i < 2 * THREADS; i++) {
            Random random = new Random(i);
            work.add(clients.submit(() -> appendUntilReleased(random)));
        }
        assertThat(underWay.await(30, TimeUnit.SECONDS)).isTrue();
        space.close();
        for (Future<?> each : work) {
            each.get(30, TimeUnit.SECONDS);
        }
    }

    private Void appendUntilReleased(Random random) throws Exception {
        while (true) {
            SpillBuffer buffer = space.open(random.nextInt(20_000));
            try {
                appendRandomly(buffer, 30_000, random);
            } catch (ExecutionException e) {
                if (e.getCause() instanceof BufferReleasedException) {
                    return null;
                }
            }
            buffer.release();
            underWay.countDown();
        }
    }

    private static void appendRandomly(SpillBuffer buffer, int size, Random random) throws Exception {
        int position = 0;
        while (position < size) {
            int piece = Math.min(size - position, 1 + random.nextInt(random.nextBoolean() ? 300 : 30_000));
            Spills.append(buffer, ByteBuffer.wrap(CONTENT, position, piece));
            position += piece;
        }
    }

    private static void assertEnds(Future<byte[]> reader) throws Exception {
        try {
            reader.get(30, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            assertThat(e).hasRootCauseInstanceOf(BufferReleasedException.class);
        }
    }

    private static void assertComes(Outcome outcome) throws Exception {
        try {
            outcome.await();
        } catch (ExecutionException e) {
            assertThat(e).hasCauseInstanceOf(BufferException.class);
        }
    }

    private void inAllThreads(Work work) throws Exception {
        List<Callable<Void>> calls = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            int seed = i;
            calls.add(() -> {
                work.run(seed);
                return null;
            });
        }
        for (Future<Void> call : clients.invokeAll(calls)) {
            call.get();
        }
    }

    private interface Work {
        void run(int seed) throws Exception;
    }
}
