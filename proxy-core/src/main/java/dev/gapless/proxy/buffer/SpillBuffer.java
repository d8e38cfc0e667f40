package dev.gapless.proxy.buffer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bytes that are appended once and can be read any number of times, before the end has come and after it: in memory up to a
 * limit, then in a temporary file. Made by {@link BufferSpace#open(long)}; to be released whatever happens.
 *
 * <p>No call blocks on a file. Thread-safe, with these rules, of which a breach throws {@link IllegalStateException}: one append
 * at a time, none after the end; one read at a time of each reader. Callbacks come once, on the thread of the call that made
 * them due (an append, the end, a release) or on one of the space's executor, under no lock; they must not block.
 */
public final class SpillBuffer {
    private static final Logger LOG = LoggerFactory.getLogger(SpillBuffer.class);

    /** What becomes of an append that could not be done at once. */
    public interface AppendResult {
        /** All bytes have been taken in, and the source is the caller's again. */
        void appended();

        /**
         * Nothing has been taken in. The source is as it was, and the caller's again; what was appended before can still be
         * read, unless the buffer has been released.
         *
         * @param failure why
         */
        void failed(BufferException failure);
    }

    /** How much is gathered in memory for the file: a write takes as long for one byte as for thousands. */
    private static final int GATHERED = 16 << 10;

    /** What is gathered comes in parts of this length at most. */
    private static final int SMALL = 4 << 10;

    private final BufferSpace space;
    private final long memoryLimit;

    /** Guards all that follows, and the positions of the readers; is the content from {@link #written} on. */
    private final MemoryChunks memory;

    private @Nullable SpillFile file;
    /** How much of the content is in the file, from its beginning. */
    private long written;

    private long length;
    private boolean ended;
    private boolean appending;
    private boolean released;
    /** How many reads and writes of the file are under way; it is closed by the last of them. */
    private int fileTasks;
    /** What this buffer has of the disk budget: the most that has been in its file, or has failed to get there. */
    private long diskTaken;

    private @Nullable List<SpillReader> waiting;

    SpillBuffer(BufferSpace space, long memoryLimit) {
        this.space = space;
        this.memoryLimit = memoryLimit;
        this.memory = new MemoryChunks(space.memory(), Math.max(memoryLimit, GATHERED));
    }

    /**
     * Appends what remains of the source. While the result is pending the source must not be touched.
     *
     * @param source the bytes; consumed if they are taken in, as it was otherwise
     * @param later told the result if it is not known at once; it may be told before this returns
     * @return true if the bytes have been taken in and {@code later} will not be called; false if it is called, once
     * @throws IllegalStateException if the end has come, or another append is under way
     */
    public boolean append(ByteBuffer source, AppendResult later) {
        BufferException refusal;
        boolean kept;
        List<SpillReader> woken;
        SpillFile target;
        synchronized (memory) {
            refusal = admit(source);
            kept = refusal == null && !appending;
            woken = kept ? takeWaiting() : null;
            target = file;
        }
        if (refusal != null) {
            later.failed(refusal);
        } else if (kept) {
            wake(woken);
        } else {
            startWriting(target, source, later);
        }
        return kept;
    }

    /**
     * Appends what remains of the source if it stays in memory; for content that can be done without.
     *
     * @param source the bytes; consumed if they are taken in, as it was otherwise
     * @return whether they have been taken in
     * @throws IllegalStateException if the end has come, or another append is under way
     */
    public boolean appendInMemory(ByteBuffer source) {
        return appendIf(() -> !source.hasRemaining() || keepInMemory(source));
    }

    /**
     * Appends what remains of the source if it is little, and goes to the file together with what follows: to be written by the
     * next {@link #append}, if only of nothing, which is to come before a long wait.
     *
     * @param source the bytes; consumed if they are taken in, as it was otherwise
     * @return whether they have been taken in; false if there is nothing, or no file, or enough for one write, or no room in it or in
     *     memory
     * @throws IllegalStateException if the end has come, or an append is under way
     */
    public boolean gather(ByteBuffer source) {
        return appendIf(() -> isLittle(source) && reserve(length + source.remaining()) == null && take(source));
    }

    private boolean isLittle(ByteBuffer source) {
        int count = source.remaining();
        return file != null && count > 0 && count <= SMALL && count <= GATHERED - (length - written);
    }

    /** {@return whether the bytes have been taken in, as the task says, which runs under the lock} */
    private boolean appendIf(BooleanSupplier taken) {
        List<SpillReader> woken;
        synchronized (memory) {
            if (released) {
                return false;
            }
            checkAppendable();
            if (!taken.getAsBoolean()) {
                return false;
            }
            woken = takeWaiting();
        }
        wake(woken);
        return true;
    }

    /** {@return whether something is in memory that is to go to the file} */
    public boolean hasGathered() {
        synchronized (memory) {
            return file != null && length > written;
        }
    }

    /** Keeps the bytes in memory, or gets the buffer ready for writing them, or refuses them. */
    private @Nullable BufferException admit(ByteBuffer source) {
        if (released) {
            return new BufferReleasedException();
        }
        checkAppendable();
        if (keepInMemory(source)) {
            return null;
        }
        BufferException refusal = reserve(length + source.remaining());
        if (refusal == null) {
            appending = true;
            fileTasks++;
        }
        return refusal;
    }

    private void checkAppendable() {
        if (ended || appending) {
            throw new IllegalStateException(
                    ended ? "nothing can be appended after the end" : "another append is under way");
        }
    }

    private boolean keepInMemory(ByteBuffer source) {
        int count = source.remaining();
        return file == null ? count <= memoryLimit - length && take(source) : count == 0 && length == written;
    }

    private boolean take(ByteBuffer source) {
        int count = source.remaining();
        boolean taken = memory.append(source);
        length += taken ? count : 0;
        return taken;
    }

    private @Nullable BufferException reserve(long size) {
        long needed = size - diskTaken;
        if (needed > 0 && !space.disk().take(needed)) {
            return new SpaceExhaustedException(
                    needed, space.disk().limit(), space.disk().used());
        }
        diskTaken += Math.max(0, needed);
        return null;
    }

    private void startWriting(@Nullable SpillFile target, ByteBuffer source, AppendResult later) {
        try {
            space.execute(() -> write(target, source, later));
        } catch (RejectedExecutionException e) {
            Object named = target == null ? space.directory() : target;
            finishAppend(
                    target, source, new SpillFailedException(SpillFailedException.Reason.NO_THREAD, named, e), later);
        }
    }

    private void write(@Nullable SpillFile target, ByteBuffer source, AppendResult later) {
        SpillFile opened = target;
        SpillFailedException failure = null;
        try {
            opened = target == null ? space.directory().newFile() : target;
            writeTo(opened, source);
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            failure = opened == null
                    ? new SpillFailedException(SpillFailedException.Reason.CREATING, space.directory(), e)
                    : new SpillFailedException(SpillFailedException.Reason.WRITING, opened, e);
            if (target == null && opened != null) {
                opened.close();
                opened = null;
            }
        }
        finishAppend(opened, source, failure, later);
    }

    /** Reads the content without the lock: while an append is under way nothing changes it. */
    private void writeTo(SpillFile opened, ByteBuffer source) throws IOException {
        long position = written;
        for (int i = 0; i < memory.count(); i++) {
            opened.write(position, memory.view(i, 0));
            position += memory.used(i);
        }
        opened.write(position, source.duplicate());
    }

    private void finishAppend(
            @Nullable SpillFile opened, ByteBuffer source, @Nullable BufferException failure, AppendResult later) {
        List<SpillReader> woken = null;
        BufferException outcome = failure;
        synchronized (memory) {
            appending = false;
            file = opened;
            if (opened == null) {
                giveDiskBack();
            }
            if (released) {
                outcome = new BufferReleasedException();
            } else if (failure == null) {
                memory.drop();
                length += source.remaining();
                written = length;
                source.position(source.limit());
                woken = takeWaiting();
            }
        }
        fileTaskEnded();
        if (outcome != null) {
            later.failed(outcome);
        } else {
            wake(woken);
            later.appended();
        }
    }

    /**
     * Says that all has been appended: readers that have read it all are told that it has ended. To be called once nothing is
     * being appended; again, or after a release, it does nothing.
     *
     * @throws IllegalStateException if an append is under way
     */
    public void end() {
        List<SpillReader> woken;
        synchronized (memory) {
            if (appending && !released) {
                throw new IllegalStateException("the end must not come while an append is under way");
            }
            ended = true;
            woken = takeWaiting();
        }
        wake(woken);
    }

    /** {@return a reader that begins at the first byte} */
    public SpillReader reader() {
        return new SpillReader(this);
    }

    /** {@return how many bytes have been appended} */
    public long length() {
        synchronized (memory) {
            return length;
        }
    }

    /** {@return whether the end has come, so that the length will not change} */
    public boolean isEnded() {
        synchronized (memory) {
            return ended;
        }
    }

    /** {@return whether the content is in a file by now, but for what was {@linkplain #gather gathered}} */
    public boolean isSpilled() {
        synchronized (memory) {
            return file != null;
        }
    }

    /**
     * Gives back memory and disk space. Appends and reads that wait, or come later, fail with {@link BufferReleasedException};
     * those under way in the file do once the file has let go of the caller's bytes. Views that were polled stay valid. May be
     * called by any thread, at any time; the second time it does nothing.
     */
    public void release() {
        List<SpillReader> woken;
        boolean idleFile;
        synchronized (memory) {
            if (released) {
                return;
            }
            released = true;
            idleFile = fileTasks == 0 && file != null;
            if (idleFile) {
                fileTasks++;
            } else if (fileTasks == 0) {
                memory.drop();
            }
            woken = takeWaiting();
        }
        space.forget(this);
        if (idleFile) {
            startClosing();
        }
        wake(woken);
    }

    private void startClosing() {
        try {
            space.execute(this::fileTaskEnded);
        } catch (RejectedExecutionException e) {
            LOG.debug("a file is closed by the thread that releases its buffer", e);
            fileTaskEnded();
        }
    }

    /** To be called without the lock, on a thread that may close a file. */
    void fileTaskEnded() {
        SpillFile closing;
        synchronized (memory) {
            fileTasks--;
            if (!released || fileTasks > 0) {
                return;
            }
            memory.drop();
            closing = file;
            file = null;
        }
        if (closing != null) {
            closing.close();
        }
        synchronized (memory) {
            giveDiskBack();
        }
    }

    private void giveDiskBack() {
        space.disk().give(diskTaken);
        diskTaken = 0;
    }

    private @Nullable List<SpillReader> takeWaiting() {
        List<SpillReader> taken = waiting;
        waiting = null;
        return taken;
    }

    private static void wake(@Nullable List<SpillReader> readers) {
        if (readers == null) {
            return;
        }
        for (SpillReader reader : readers) {
            try {
                reader.resume();
            } catch (RuntimeException e) {
                LOG.warn("a reader of a buffer has thrown", e);
            }
        }
    }

    // What follows is for readers, which hold the lock unless told otherwise.

    Object lock() {
        return memory;
    }

    MemoryChunks memory() {
        return memory;
    }

    @Nullable
    SpillFile file() {
        return file;
    }

    long written() {
        return written;
    }

    long lengthNow() {
        return length;
    }

    boolean hasEnded() {
        return ended;
    }

    boolean isReleased() {
        return released;
    }

    void fileTaskStarts() {
        fileTasks++;
    }

    void await(SpillReader reader) {
        if (waiting == null) {
            waiting = new ArrayList<>(1);
        }
        waiting.add(reader);
    }

    BufferSpace space() {
        return space;
    }
}
