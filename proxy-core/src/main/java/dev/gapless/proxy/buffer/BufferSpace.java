package dev.gapless.proxy.buffer;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/**
 * The memory and the temporary files that the buffers of one proxy share. Thread-safe.
 *
 * <p>All blocking work with files runs on the executor given, apart from what {@link #prepareDirectory} and {@link #close} say.
 * It must do all that it accepts, and may be shut down once the space is closed. What it refuses fails with
 * {@link SpillFailedException}; files are then closed by the thread that releases their buffer.
 */
public final class BufferSpace implements AutoCloseable {
    /** How many bytes a buffer keeps in memory unless told otherwise: 1 MiB. */
    public static final long DEFAULT_MEMORY_LIMIT = 1 << 20;

    private final Budget memory;
    private final Budget disk;
    private final SpillDirectory directory;
    private final Executor fileWork;
    private final Set<SpillBuffer> open = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private BufferSpace(BufferLimits limits, SpillDirectory directory, Executor fileWork) {
        this.memory = new Budget(limits.memoryBytes());
        this.disk = new Budget(limits.diskBytes());
        this.directory = directory;
        this.fileWork = fileWork;
    }

    /**
     * Makes a space with its files in {@code gapless-<user>} within {@code java.io.tmpdir}. The directory is made with the first
     * file, and used only if nobody but its owner may enter it. Removes what processes of ours left there that have died.
     *
     * @param limits what all buffers may use together
     * @param fileWork runs all blocking work with files
     * @return the space, to be closed
     */
    public static BufferSpace inTemporaryDirectory(BufferLimits limits, Executor fileWork) {
        return create(SpillDirectory.defaultPath(), SpillDirectory.Choice.DEFAULT, limits, fileWork);
    }

    /**
     * Makes a space with its files in a directory of the host's choice. The directory is made with the first file if it is
     * missing, readable by its owner only; the one above it must exist. Removes what processes of ours left there that have
     * died: files of our names whose lock can be had, nothing else.
     *
     * @param directory where temporary files go
     * @param limits what all buffers may use together
     * @param fileWork runs all blocking work with files
     * @return the space, to be closed
     */
    public static BufferSpace in(Path directory, BufferLimits limits, Executor fileWork) {
        return create(directory, SpillDirectory.Choice.CONFIGURED, limits, fileWork);
    }

    static BufferSpace create(Path path, SpillDirectory.Choice choice, BufferLimits limits, Executor fileWork) {
        Leftovers.remove(path);
        return new BufferSpace(limits, new SpillDirectory(path, choice), fileWork);
    }

    /**
     * Makes and claims the directory now, on this thread, so that a wrong one is known before the first file needs it.
     *
     * @throws IOException if no files can be made there
     */
    public void prepareDirectory() throws IOException {
        directory.prepare();
    }

    /** {@return a buffer that keeps up to 1 MiB in memory} */
    public SpillBuffer open() {
        return open(DEFAULT_MEMORY_LIMIT);
    }

    /**
     * Opens a buffer. If the space is closed, the buffer is released already.
     *
     * @param memoryLimit how many bytes it keeps in memory, if all buffers together leave so much; 0 for none
     * @return the buffer, to be released
     * @throws IllegalArgumentException if the limit is negative
     */
    public SpillBuffer open(long memoryLimit) {
        SpillBuffer buffer = new SpillBuffer(this, BufferLimits.notNegative("memory limit of a buffer", memoryLimit));
        open.add(buffer);
        if (closed) {
            buffer.release();
        }
        return buffer;
    }

    /**
     * Counts memory that the caller keeps himself among that of the buffers.
     *
     * @param bytes how much
     * @return whether there was so much left; then it is to be {@linkplain #giveMemory given back}
     */
    public boolean takeMemory(long bytes) {
        return memory.take(bytes);
    }

    /**
     * Gives back what was {@linkplain #takeMemory taken}.
     *
     * @param bytes how much
     */
    public void giveMemory(long bytes) {
        memory.give(bytes);
    }

    /** {@return how many bytes of memory are taken, by the chunks of all buffers and otherwise} */
    public long memoryUsed() {
        return memory.used();
    }

    /** {@return how many bytes of the disk budget are taken} */
    public long diskUsed() {
        return disk.used();
    }

    /** {@return how many buffers have been opened and not released} */
    public int openBuffers() {
        return open.size();
    }

    /**
     * Releases all buffers. Their files are deleted, by the executor where it has work to do with them; with the last one, what
     * marks the directory as ours. Deletes on this thread what is left to it. The second time it does nothing.
     */
    @Override
    public void close() {
        closed = true;
        open.forEach(SpillBuffer::release);
        directory.close();
    }

    Budget memory() {
        return memory;
    }

    Budget disk() {
        return disk;
    }

    SpillDirectory directory() {
        return directory;
    }

    void execute(Runnable work) {
        fileWork.execute(work);
    }

    void forget(SpillBuffer buffer) {
        open.remove(buffer);
    }
}
