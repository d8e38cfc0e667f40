package dev.gapless.proxy.cache;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Appends and reads in random order, against an array that has the content. */
final class CachedBodyTest {
    private static final int LIMIT = 200_000;
    /** As much as a piece of a long body has. */
    private static final int CHUNK = 128 << 10;

    private static final int LONG = 10 * CHUNK + 20_000;

    private final ByteBudget budget = new ByteBudget(LIMIT);
    private final BodyMemory memory = new BodyMemory(100_000);

    static IntStream seeds() {
        return IntStream.range(0, 100);
    }

    private static final class Reading {
        private final BodyReader reader;
        private final ByteArrayOutputStream read = new ByteArrayOutputStream();
        private final AtomicInteger woken = new AtomicInteger();
        private final int from;
        private final int to;

        Reading(CachedBody body, int from, int to) {
            this.reader = new BodyReader(body, from, to);
            this.from = from;
            this.to = to;
        }

        void step() {
            ByteBuffer piece = reader.poll();
            if (piece == null) {
                reader.await(woken::incrementAndGet);
                return;
            }
            byte[] bytes = new byte[piece.remaining()];
            piece.get(bytes);
            read.writeBytes(bytes);
        }

        void check(byte[] whole) {
            for (int i = 0; i < 1000 && !reader.isAtEnd(); i++) {
                step();
            }
            assertThat(reader.isAtEnd()).isTrue();
            assertThat(reader.isCut()).isFalse();
            byte[] expected =
                    from >= whole.length ? new byte[0] : Arrays.copyOfRange(whole, from, Math.min(to, whole.length));
            assertThat(read.toByteArray()).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyReaderSeesWhatWasAppended(int seed) {
        Random random = new Random(seed);
        byte[] whole = new byte[random.nextInt(LIMIT)];
        random.nextBytes(whole);
        boolean declared = random.nextBoolean();
        CachedBody body = new CachedBody(budget, memory, LIMIT, declared ? whole.length : -1);
        assertThat(!declared || body.reserve()).isTrue();
        List<Reading> readings = new ArrayList<>();
        int appended = 0;
        while (appended < whole.length) {
            int count = Math.min(whole.length - appended, 1 + random.nextInt(random.nextBoolean() ? 100 : 30_000));
            assertThat(body.append(ByteBuffer.wrap(whole, appended, count))).isTrue();
            appended += count;
            if (random.nextInt(3) == 0) {
                int from = random.nextInt(whole.length);
                boolean all = random.nextBoolean();
                readings.add(new Reading(body, all ? 0 : from, all ? Integer.MAX_VALUE : from + random.nextInt(LIMIT)));
            }
            readings.stream().filter(each -> random.nextBoolean()).forEach(Reading::step);
        }
        // A part ends where the whole does: ranges are only made of bodies whose length is known.
        assertThat(body.end()).isTrue();
        readings.add(new Reading(body, 0, Integer.MAX_VALUE));
        readings.forEach(reading -> reading.check(whole));
        assertThat(budget.used()).isZero();
        assertThat(body.weight()).isLessThan(whole.length + 4_000L);
    }

    /** What comes lies in the heap, and is moved out of it while others read. */
    @Test
    void readersOnOtherThreadsSeeWhatIsAppendedMeanwhile() throws Exception {
        byte[] whole = new byte[LONG];
        new Random(1).nextBytes(whole);
        BodyMemory outside = new BodyMemory(new ByteBudget(LONG), LONG / 2, ByteBuffer::allocateDirect);
        CachedBody body = new CachedBody(new ByteBudget(2 * LONG), outside, LONG, -1);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<byte[]>> read = new ArrayList<>();
            int[] from = {0, 1, CHUNK - 1, 5 * CHUNK + 7};
            for (int each : from) {
                read.add(threads.submit(() -> readWhole(new BodyReader(body, each, LONG))));
            }
            Random random = new Random(2);
            for (int appended = 0; appended < LONG; ) {
                int count = Math.min(LONG - appended, 1 + random.nextInt(40_000));
                assertThat(body.append(ByteBuffer.wrap(whole, appended, count))).isTrue();
                appended += count;
            }
            assertThat(body.end()).isTrue();
            for (int i = 0; i < from.length; i++) {
                assertThat(read.get(i).get(10, TimeUnit.SECONDS)).isEqualTo(Arrays.copyOfRange(whole, from[i], LONG));
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(outside.outside()).isBetween((long) LONG / 4, (long) LONG / 2);
        assertThat(body.weight()).isBetween((long) LONG, LONG + LONG / 100L);
    }

    private static byte[] readWhole(BodyReader reader) throws InterruptedException {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        Semaphore more = new Semaphore(0);
        while (!reader.isAtEnd()) {
            ByteBuffer piece = reader.poll();
            if (piece != null) {
                byte[] bytes = new byte[piece.remaining()];
                piece.get(bytes);
                read.writeBytes(bytes);
            } else if (reader.await(more::release)) {
                more.acquire();
            }
        }
        return read.toByteArray();
    }

    @Test
    void aPartMayBeginAndEndAtAnyBorderOfChunks() {
        byte[] whole = new byte[LONG];
        new Random(3).nextBytes(whole);
        CachedBody body = new CachedBody(new ByteBudget(2 * LONG), new BodyMemory(LONG), LONG, LONG);
        assertThat(body.reserve()).isTrue();
        assertThat(body.append(ByteBuffer.wrap(whole))).isTrue();
        assertThat(body.end()).isTrue();
        for (int border = CHUNK; border <= LONG; border += CHUNK) {
            for (int from = border - 1; from <= Math.min(border + 1, LONG); from++) {
                for (int to = from; to <= Math.min(border + CHUNK + 1, LONG); to += CHUNK / 2) {
                    new Reading(body, from, to).check(whole);
                }
            }
        }
    }

    @Test
    void whatWasReadBeforeTheEndStaysAsItWas() {
        CachedBody body = new CachedBody(budget, memory, LIMIT, -1);
        byte[] whole = new byte[100_000];
        new Random(4).nextBytes(whole);
        BodyReader reader = BodyReader.of(body);
        body.append(ByteBuffer.wrap(whole, 0, 99_000));
        List<ByteBuffer> pieces = new ArrayList<>();
        for (ByteBuffer piece = reader.poll(); piece != null; piece = reader.poll()) {
            pieces.add(piece);
        }
        body.append(ByteBuffer.wrap(whole, 99_000, 1_000));
        body.end();
        pieces.add(reader.poll());

        assertThat(joined(pieces)).isEqualTo(whole);
        assertThat(reader.isAtEnd()).isTrue();
    }

    @Test
    void aReaderThatWaitsIsToldOnce() {
        CachedBody body = new CachedBody(budget, memory, 100, -1);
        BodyReader reader = BodyReader.of(body);
        AtomicInteger told = new AtomicInteger();
        assertThat(reader.await(told::incrementAndGet)).isTrue();
        body.append(ByteBuffer.wrap(new byte[1]));
        body.append(ByteBuffer.wrap(new byte[1]));
        assertThat(told).hasValue(1);
        assertThat(reader.await(told::incrementAndGet)).isFalse();
        assertThat(reader.poll().remaining()).isEqualTo(2);
        assertThat(reader.await(told::incrementAndGet)).isTrue();
        body.cut();
        assertThat(told).hasValue(2);
        assertThat(reader.isCut()).isTrue();
        assertThat(reader.await(told::incrementAndGet)).isFalse();
    }

    @Test
    void aReaderThatThrowsLeavesTheOthersAlone() {
        CachedBody body = new CachedBody(budget, memory, 100, -1);
        AtomicInteger told = new AtomicInteger();
        BodyReader.of(body).await(() -> {
            throw new IllegalStateException("thrown on purpose");
        });
        BodyReader.of(body).await(told::incrementAndGet);
        body.end();
        assertThat(told).hasValue(1);
    }

    @Test
    void whatIsTooMuchIsNotTakenAndChangesNothing() {
        CachedBody body = new CachedBody(budget, memory, 10, -1);
        assertThat(body.append(ByteBuffer.wrap(new byte[6]))).isTrue();
        ByteBuffer more = ByteBuffer.wrap(new byte[6]);
        assertThat(body.append(more)).isFalse();
        assertThat(more.remaining()).isEqualTo(6);
        assertThat(body.length()).isEqualTo(6);
        body.cut();
        assertThat(body.append(ByteBuffer.wrap(new byte[1]))).isFalse();
        assertThat(budget.used()).isZero();
    }

    @Test
    void piecesCannotBeWrittenTo() {
        CachedBody body = new CachedBody(budget, memory, 10, -1);
        body.append(ByteBuffer.wrap(new byte[6]));
        assertThat(BodyReader.of(body).poll().isReadOnly()).isTrue();
    }

    /** Its client may have left long before more of the body comes. */
    @Test
    void aReaderThatIsClosedIsNotToldAnyMore() {
        CachedBody body = new CachedBody(budget, memory, 100, -1);
        AtomicInteger told = new AtomicInteger();
        BodyReader closed = BodyReader.of(body);
        BodyReader other = BodyReader.of(body);
        assertThat(closed.await(told::incrementAndGet)).isTrue();
        assertThat(other.await(told::incrementAndGet)).isTrue();

        closed.close();
        assertThat(closed.await(told::incrementAndGet)).isTrue();
        body.append(ByteBuffer.wrap(new byte[1]));

        assertThat(told).hasValue(1);
    }

    @Test
    void tinyPartsOfABodyThatIsTooLongAreGathered() {
        byte[] whole = new byte[100_000];
        new Random(5).nextBytes(whole);
        CachedBody body = new CachedBody(budget, memory, 10, -1);
        BodyReader reader = BodyReader.of(body);
        Overflow rest = body.overflow();
        List<ByteBuffer> pieces = new ArrayList<>();
        for (int i = 0; i < whole.length; i++) {
            rest.append(ByteBuffer.wrap(whole, i, 1), () -> {});
            if (i == whole.length / 2) {
                pieces.add(reader.poll());
            }
        }
        rest.end();
        for (ByteBuffer piece = reader.poll(); piece != null; piece = reader.poll()) {
            pieces.add(piece);
        }

        assertThat(pieces).hasSizeLessThan(30).allMatch(ByteBuffer::isReadOnly);
        assertThat(joined(pieces)).isEqualTo(whole);
        assertThat(reader.isAtEnd()).isTrue();
    }

    @Test
    void partsOfABodyThatIsTooLongMayHaveAnyLength() {
        byte[] whole = new byte[1_000_000];
        Random random = new Random(6);
        random.nextBytes(whole);
        CachedBody body = new CachedBody(budget, memory, 10, -1);
        BodyReader reader = BodyReader.of(body);
        Overflow rest = body.overflow();
        List<ByteBuffer> pieces = new ArrayList<>();
        for (int appended = 0; appended < whole.length; ) {
            int count = Math.min(whole.length - appended, random.nextInt(random.nextBoolean() ? 10 : 40_000));
            rest.append(ByteBuffer.wrap(whole, appended, count), () -> {});
            appended += count;
            ByteBuffer piece = random.nextBoolean() ? reader.poll() : null;
            if (piece != null) {
                pieces.add(piece);
            }
        }
        rest.end();
        for (ByteBuffer piece = reader.poll(); piece != null; piece = reader.poll()) {
            pieces.add(piece);
        }

        assertThat(joined(pieces)).isEqualTo(whole);
    }

    private static byte[] joined(List<ByteBuffer> pieces) {
        ByteBuffer all = ByteBuffer.allocate(
                pieces.stream().mapToInt(ByteBuffer::remaining).sum());
        pieces.forEach(all::put);
        return all.array();
    }
}
