package dev.gapless.proxy.cache;

import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

import static dev.gapless.proxy.cache.BodyMemory.SMALLEST_OUTSIDE;
import static org.assertj.core.api.Assertions.assertThat;

final class BodyMemoryTest {
    private static final int PIECE = 20_000;

    private final ByteBudget ofProcess = new ByteBudget(1 << 20);
    private final BodyMemory memory = new BodyMemory(ofProcess, 3 * PIECE, ByteBuffer::allocateDirect);

    private static ByteBuffer piece(int bytes) {
        byte[] content = new byte[bytes];
        new Random(bytes).nextBytes(content);
        return ByteBuffer.wrap(content);
    }

    @Test
    void aLargePieceIsKeptOutsideOfTheHeapAsItIs() {
        ByteBuffer kept = memory.keep(piece(PIECE), PIECE);
        assertThat(kept.isDirect()).isTrue();
        assertThat(kept).isEqualTo(piece(PIECE));
        assertThat(memory.outside()).isEqualTo(PIECE);
    }

    @Test
    void aSmallPieceStaysWhereItIs() {
        ByteBuffer small = piece(SMALLEST_OUTSIDE - 1);
        assertThat(memory.keep(small, small.capacity())).isSameAs(small);
        assertThat(memory.outside()).isZero();
    }

    @Test
    void noRoomIsKeptBehindAPiece() {
        ByteBuffer small = memory.keep(piece(1_000), 10);
        ByteBuffer large = memory.keep(piece(2 * PIECE), PIECE);
        assertThat(small).isEqualTo(piece(1_000).limit(10));
        assertThat(small.capacity()).isEqualTo(10);
        assertThat(large).isEqualTo(piece(2 * PIECE).limit(PIECE));
        assertThat(large.capacity()).isEqualTo(PIECE);
        assertThat(memory.outside()).isEqualTo(PIECE);
    }

    @Test
    void whatGoesBeyondTheLimitStaysInTheHeap() {
        ByteBuffer[] kept = new ByteBuffer[4];
        for (int i = 0; i < kept.length; i++) {
            kept[i] = memory.keep(piece(PIECE), PIECE);
        }
        assertThat(kept).extracting(ByteBuffer::isDirect).containsExactly(true, true, true, false);
        assertThat(memory.outside()).isEqualTo(3 * PIECE);
    }

    @Test
    void theCachesOfAProcessHaveALimitTogether() {
        ByteBudget together = new ByteBudget(PIECE);
        BodyMemory one = new BodyMemory(together, 1 << 20, ByteBuffer::allocateDirect);
        BodyMemory other = new BodyMemory(together, 1 << 20, ByteBuffer::allocateDirect);
        ByteBuffer first = one.keep(piece(PIECE), PIECE);
        ByteBuffer second = other.keep(piece(PIECE), PIECE);
        assertThat(first.isDirect()).isTrue();
        assertThat(second.isDirect()).isFalse();
        assertThat(other.outside()).isZero();
        assertThat(together.used()).isEqualTo(PIECE);
    }

    @Test
    void memoryComesBackWhenNobodyReadsAnyMoreButNotWhileAPartIsRead() {
        ByteBuffer read = memory.keep(piece(PIECE), PIECE).slice(100, 50).asReadOnlyBuffer();
        memory.keep(piece(2 * PIECE), 2 * PIECE);

        awaitCollection(() -> ofProcess.used() == PIECE);

        assertThat(read).isEqualTo(piece(PIECE).slice(100, 50));
        assertThat(memory.outside()).as("which is told before").isEqualTo(PIECE);
    }

    @Test
    void whereTheJvmHasNoSuchMemoryItIsAskedOnceOnly() {
        AtomicInteger asked = new AtomicInteger();
        BodyMemory without = new BodyMemory(ofProcess, 1 << 20, bytes -> {
            asked.incrementAndGet();
            throw new OutOfMemoryError("thrown on purpose");
        });
        for (int i = 0; i < 3; i++) {
            ByteBuffer piece = piece(PIECE);
            assertThat(without.keep(piece, PIECE)).isSameAs(piece);
        }
        assertThat(asked).hasValue(1);
        assertThat(ofProcess.used()).isZero();
    }

    /** Asks for it again and again, since what was found dead is told of later, by another thread. */
    private static void awaitCollection(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            System.gc();
        }
    }
}
