package dev.gapless.proxy.buffer;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The content of a buffer as long as it is in memory. A chunk counts against the budget from before it is allocated; content
 * once appended never changes. Not thread-safe: guarded by the lock of its buffer.
 */
final class MemoryChunks {
    private static final int SMALLEST = 512;
    private static final int LARGEST = 64 << 10;
    private static final byte[][] NONE = {};

    private final Budget budget;
    private final long limit;
    private byte[][] chunks = NONE;
    private int count;
    /** How many bytes of the last chunk are content. */
    private int tail;

    private long capacity;

    MemoryChunks(Budget budget, long limit) {
        this.budget = budget;
        this.limit = limit;
    }

    /** Takes in all of the source; or nothing and returns false, if it is too much for this buffer or for all. */
    boolean append(ByteBuffer source) {
        long room = count == 0 ? 0 : chunks[count - 1].length - tail;
        long missing = source.remaining() - room;
        long allowed = missing > 0 ? take(missing) : 0;
        if (allowed < missing) {
            return false;
        }
        capacity += allowed;
        while (source.hasRemaining()) {
            if (count == 0 || tail == chunks[count - 1].length) {
                int size = (int) Math.min(allowed, LARGEST);
                add(new byte[size]);
                allowed -= size;
            }
            int part = Math.min(source.remaining(), chunks[count - 1].length - tail);
            source.get(chunks[count - 1], tail, part);
            tail += part;
        }
        return true;
    }

    /** A chunk doubles the content, so that many small appends make few chunks; one large append makes no spare room. */
    private long take(long missing) {
        if (missing > limit - capacity) {
            return 0;
        }
        long generous = Math.max(missing, Math.max(SMALLEST, Math.min(capacity, LARGEST)));
        long wanted = count == 0 ? missing : Math.min(generous, limit - capacity);
        if (budget.take(wanted)) {
            return wanted;
        }
        return wanted > missing && budget.take(missing) ? missing : 0;
    }

    private void add(byte[] chunk) {
        if (count == chunks.length) {
            chunks = Arrays.copyOf(chunks, Math.max(1, count * 2));
        }
        chunks[count++] = chunk;
        tail = 0;
    }

    int count() {
        return count;
    }

    /** {@return the content of a chunk, from an offset on; not to be written to} */
    ByteBuffer view(int chunk, int offset) {
        return ByteBuffer.wrap(chunks[chunk], offset, used(chunk) - offset);
    }

    int used(int chunk) {
        return chunk == count - 1 ? tail : chunks[chunk].length;
    }

    /** Gives the memory back. */
    void drop() {
        budget.give(capacity);
        chunks = NONE;
        count = 0;
        tail = 0;
        capacity = 0;
    }
}
