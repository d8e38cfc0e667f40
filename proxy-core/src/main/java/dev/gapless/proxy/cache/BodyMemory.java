package dev.gapless.proxy.cache;

import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where stored bodies lie: large pieces outside of the heap, as what lies in it is copied once more each time that it is written
 * to a socket. Thread-safe.
 *
 * <p>Such memory comes back when the collector finds that nobody reads the piece any more, and the collector does not look for the
 * sake of that memory alone. So there is a bound: what goes beyond stays in the heap, where it makes the collector look.
 */
final class BodyMemory {
    private static final Logger LOG = LoggerFactory.getLogger(BodyMemory.class);

    /** The copy of less costs little, and an allocation outside of the heap costs more than one in it. */
    static final int SMALLEST_OUTSIDE = 16 << 10;

    /**
     * For all caches of this process together, an eighth of the largest heap: as much may lie outside of the heap in all, unless
     * the JVM is told otherwise, and Jetty keeps up to a quarter there for itself.
     */
    private static final ByteBudget OF_PROCESS =
            new ByteBudget(Runtime.getRuntime().maxMemory() / 8);

    private static final Cleaner CLEANER = Cleaner.create();

    private final ByteBudget ofProcess;
    private final ByteBudget own;
    private final IntFunction<ByteBuffer> allocator;
    private volatile boolean exhausted;

    /**
     * Makes one for a cache.
     *
     * @param limit how many bytes it may have outside of the heap at most
     */
    BodyMemory(long limit) {
        this(OF_PROCESS, limit, ByteBuffer::allocateDirect);
    }

    BodyMemory(ByteBudget ofProcess, long limit, IntFunction<ByteBuffer> allocator) {
        this.ofProcess = ofProcess;
        this.own = new ByteBudget(limit);
        this.allocator = allocator;
    }

    /** {@return the first bytes of a piece, where they are kept from now on, and without the room behind them} */
    ByteBuffer keep(ByteBuffer piece, int length) {
        ByteBuffer outside = length < SMALLEST_OUTSIDE ? null : allocateOutside(length);
        if (outside != null) {
            return outside.put(0, piece, 0, length);
        }
        return length == piece.capacity() ? piece : ByteBuffer.allocate(length).put(0, piece, 0, length);
    }

    /** Null if that would be too much. */
    private @Nullable ByteBuffer allocateOutside(int bytes) {
        if (exhausted || !take(bytes)) {
            return null;
        }
        try {
            ByteBuffer outside = allocator.apply(bytes);
            CLEANER.register(outside, () -> give(bytes));
            return outside;
        } catch (OutOfMemoryError e) {
            // The JVM has looked for such memory in vain, for half a second. It shall not do so for each body to come.
            exhausted = true;
            give(bytes);
            LOG.warn(
                    "no memory is left outside of the heap: cached bodies stay in the heap from now on ({})",
                    e.getMessage());
            return null;
        }
    }

    private boolean take(int bytes) {
        if (!ofProcess.take(bytes)) {
            return false;
        }
        if (!own.take(bytes)) {
            ofProcess.give(bytes);
            return false;
        }
        return true;
    }

    private void give(int bytes) {
        own.give(bytes);
        ofProcess.give(bytes);
    }

    /** {@return how many bytes lie outside of the heap, those included that the collector has not come to} */
    long outside() {
        return own.used();
    }
}
