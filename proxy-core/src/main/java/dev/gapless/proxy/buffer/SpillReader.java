package dev.gapless.proxy.buffer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Reads a {@link SpillBuffer} from its first byte to its end, without taking anything out of it. May be used by any thread, one
 * read at a time; needs no closing.
 */
public final class SpillReader {
    /** What a read returns when all has been read and the end has come. */
    public static final int END = -1;

    /** What a read returns when its result is told later. */
    public static final int PENDING = 0;

    /** What becomes of a read that could not be done at once. */
    public interface ReadResult {
        /**
         * The read is done, and the target is the caller's again.
         *
         * @param count how many bytes have been put into the target, at least 1, or {@link SpillReader#END}
         */
        void completed(int count);

        /**
         * Nothing has been read. The target is the caller's again, its position as it was.
         *
         * @param failure why
         */
        void failed(BufferException failure);
    }

    private final SpillBuffer buffer;
    private long position;
    /** Where the content in memory begins that the following belongs to; it goes to the file as a whole. */
    private long base;
    /** Where the position is in memory, if it is there. */
    private int chunk;

    private int offset;

    private boolean reading;
    private @Nullable ByteBuffer waitingTarget;
    private @Nullable ReadResult waitingResult;

    SpillReader(SpillBuffer buffer) {
        this.buffer = buffer;
    }

    /**
     * Takes the next bytes without copying them, where they are in memory.
     *
     * @return a read-only view of at least 1 byte and at most 64 KiB, valid for as long as the caller likes, released or not;
     *     or null: then {@link #read} tells what there is
     * @throws IllegalStateException if a read is under way
     */
    public @Nullable ByteBuffer poll() {
        synchronized (buffer.lock()) {
            checkIdle();
            if (buffer.isReleased() || position < buffer.written() || position == buffer.lengthNow()) {
                return null;
            }
            return take(Integer.MAX_VALUE).asReadOnlyBuffer();
        }
    }

    /**
     * Reads into what remains of the target, as much as there is by now. While the result is pending the target must not be
     * touched.
     *
     * @param target where to read to, with room for at least 1 byte
     * @param later told the result if it is not known at once; it may be told before this returns
     * @return how many bytes have been read, or {@link #END}; {@code later} will not be called. Or {@link #PENDING}: it is
     *     called, once, when bytes have been read from the file, or have come, or the end has, or on failure
     * @throws IllegalStateException if a read is under way
     * @throws IllegalArgumentException if the target has no room
     */
    public int read(ByteBuffer target, ReadResult later) {
        if (!target.hasRemaining()) {
            throw new IllegalArgumentException("the target " + target + " must have room for at least 1 byte");
        }
        synchronized (buffer.lock()) {
            checkIdle();
            reading = true;
        }
        return attempt(target, later);
    }

    /** {@return how many bytes this reader has read} */
    public long position() {
        synchronized (buffer.lock()) {
            return position;
        }
    }

    private void checkIdle() {
        if (reading) {
            throw new IllegalStateException("another read of this reader is under way");
        }
    }

    private int attempt(ByteBuffer target, ReadResult later) {
        BufferException failure = null;
        SpillFile file = null;
        synchronized (buffer.lock()) {
            if (buffer.isReleased()) {
                reading = false;
                failure = new BufferReleasedException();
            } else if (position == buffer.lengthNow()) {
                return endOrWait(target, later);
            } else if (position >= buffer.written()) {
                reading = false;
                return copy(target);
            } else {
                file = buffer.file();
                buffer.fileTaskStarts();
            }
        }
        if (failure != null) {
            later.failed(failure);
        } else if (file != null) {
            startReading(file, target, later);
        }
        return PENDING;
    }

    private int endOrWait(ByteBuffer target, ReadResult later) {
        if (buffer.hasEnded()) {
            reading = false;
            return END;
        }
        waitingTarget = target;
        waitingResult = later;
        buffer.await(this);
        return PENDING;
    }

    /** More has come, or the end, or a release. */
    void resume() {
        ByteBuffer target = waitingTarget;
        ReadResult later = waitingResult;
        if (target == null || later == null) {
            return;
        }
        waitingTarget = null;
        waitingResult = null;
        int count = attempt(target, later);
        if (count != PENDING) {
            later.completed(count);
        }
    }

    private int copy(ByteBuffer target) {
        int before = target.position();
        while (target.hasRemaining() && position < buffer.lengthNow()) {
            target.put(take(target.remaining()));
        }
        return target.position() - before;
    }

    /** Steps over some bytes of the memory, at most so many. */
    private ByteBuffer take(int most) {
        if (base != buffer.written()) {
            findPosition();
        }
        if (offset == buffer.memory().used(chunk)) {
            chunk++;
            offset = 0;
        }
        ByteBuffer view = buffer.memory().view(chunk, offset);
        view.limit(view.position() + Math.min(view.remaining(), most));
        offset += view.remaining();
        position += view.remaining();
        return view;
    }

    private void findPosition() {
        base = buffer.written();
        chunk = 0;
        long left = position - base;
        while (left > buffer.memory().used(chunk)) {
            left -= buffer.memory().used(chunk);
            chunk++;
        }
        offset = (int) left;
    }

    private void startReading(SpillFile file, ByteBuffer target, ReadResult later) {
        try {
            buffer.space().execute(() -> readFile(file, target, later));
        } catch (RejectedExecutionException e) {
            finish(0, target, new SpillFailedException(SpillFailedException.Reason.NO_THREAD, file, e), later);
        }
    }

    private void readFile(SpillFile file, ByteBuffer target, ReadResult later) {
        long available;
        long from;
        synchronized (buffer.lock()) {
            from = position;
            available = buffer.written() - from;
        }
        ByteBuffer part = target.duplicate();
        part.limit(part.position() + (int) Math.min(part.remaining(), available));
        int count = part.remaining();
        SpillFailedException failure = null;
        try {
            file.read(from, part);
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            failure = new SpillFailedException(SpillFailedException.Reason.READING, file, e);
        }
        finish(count, target, failure, later);
    }

    private void finish(int count, ByteBuffer target, @Nullable BufferException failure, ReadResult later) {
        BufferException outcome = failure;
        synchronized (buffer.lock()) {
            reading = false;
            if (buffer.isReleased()) {
                outcome = new BufferReleasedException();
            } else if (failure == null) {
                position += count;
                target.position(target.position() + count);
            }
        }
        buffer.fileTaskEnded();
        if (outcome != null) {
            later.failed(outcome);
        } else {
            later.completed(count);
        }
    }
}
