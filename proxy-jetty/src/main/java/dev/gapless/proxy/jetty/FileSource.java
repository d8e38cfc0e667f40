package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.RetainableByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The content of an open file, from one byte to another, read a part at a time into direct buffers, and not before the part before
 * it has been taken. (Not mapped: a process that reads a mapped file beyond its end is killed. And not handed to the operating
 * system with the socket, which would have to be done on the lane and past Jetty, and would wait there for the disk.)
 *
 * <p>Used on one lane, but for {@link #close} and the reading itself.
 */
final class FileSource implements Content.Source {
    /** The file has less than it had, or cannot be read any more. */
    static final class BrokenException extends IOException {
        private static final long serialVersionUID = 1L;

        BrokenException(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /**
     * The first part is small, and each is twice as long as the one before, up to the largest: a client that takes nothing, as one of
     * HTTP/2 may have any number of files do, is to cost little.
     */
    private static final int SMALLEST_PART_BYTES = 16 * 1024;

    private static final int LARGEST_PART_BYTES = 128 * 1024;

    private final FileChannel channel;
    private final ByteBufferPool buffers;
    private final Executor files;
    private final Executor lane;
    private final long end;
    private long position;
    private int partBytes = SMALLEST_PART_BYTES;
    /** What has been read and not been taken. */
    private Content.@Nullable Chunk ready;

    private boolean closed;

    /**
     * Makes a source that closes the file in the end.
     *
     * @param files where it is read
     * @param lane where those who wait are called
     * @param from the first byte
     * @param to the byte after the last
     */
    FileSource(FileChannel channel, ByteBufferPool buffers, Executor files, Executor lane, long from, long to) {
        this.channel = channel;
        this.buffers = buffers;
        this.files = files;
        this.lane = lane;
        this.position = from;
        this.end = to;
    }

    /** Reads the next part, on this thread, which may block. */
    void fetch() {
        Content.Chunk next;
        try {
            next = part();
        } catch (IOException | RuntimeException | Error e) {
            // Whatever it is, memory that is used up for example: somebody waits.
            BrokenException broken = e instanceof BrokenException known
                    ? known
                    : new BrokenException("the file cannot be read any more: " + e, e);
            next = Content.Chunk.from(broken, true);
        }
        offer(next);
    }

    private Content.Chunk part() throws IOException {
        int wanted = (int) Math.min(partBytes, end - position);
        if (wanted == 0) {
            return Content.Chunk.EOF;
        }
        partBytes = Math.min(LARGEST_PART_BYTES, 2 * partBytes);
        RetainableByteBuffer buffer = buffers.acquire(wanted, true);
        try {
            ByteBuffer bytes = buffer.getByteBuffer();
            bytes.position(0).limit(wanted);
            read(bytes);
            bytes.flip();
            return Content.Chunk.asChunk(bytes, position == end, buffer);
        } catch (IOException | RuntimeException | Error e) {
            buffer.release();
            throw e;
        }
    }

    private void read(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            int count = channel.read(bytes, position);
            if (count < 0) {
                throw new BrokenException("the file has become shorter while it was sent", null);
            }
            position += count;
        }
    }

    private synchronized void offer(Content.Chunk next) {
        if (closed) {
            next.release();
        } else {
            ready = next;
        }
    }

    @Override
    public synchronized Content.@Nullable Chunk read() {
        Content.Chunk next = ready;
        ready = Content.Chunk.next(next);
        if (next == null && closed) {
            return Content.Chunk.from(new BrokenException("the file has been closed", null), true);
        }
        return next;
    }

    @Override
    public void demand(Runnable task) {
        if (isReady()) {
            task.run();
            return;
        }
        try {
            files.execute(() -> {
                fetch();
                lane.execute(task);
            });
        } catch (RejectedExecutionException e) {
            close();
            lane.execute(task);
        }
    }

    private synchronized boolean isReady() {
        return ready != null || closed;
    }

    @Override
    public void fail(Throwable failure) {
        close();
    }

    /** Closes the file, soon; may be called by any thread, and again. */
    void close() {
        Content.Chunk left;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            left = ready;
            ready = null;
        }
        if (left != null) {
            left.release();
        }
        ServedFiles.close(channel, files);
    }
}
