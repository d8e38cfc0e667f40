package dev.gapless.proxy.jetty;

import dev.gapless.proxy.buffer.BufferException;
import dev.gapless.proxy.buffer.SpillBuffer;
import dev.gapless.proxy.buffer.SpillReader;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * Gives the content of a spill buffer in chunks, from its first byte: views of its memory, or parts that are read from its file.
 * One reader at a time uses it.
 */
final class SpillSource {
    private static final int PART_BYTES = 64 * 1024;

    private final SpillBuffer buffer;
    private final SpillReader reader;
    private final Executor lane;
    /** What has been read from the file and not been taken yet. */
    private volatile @Nullable ByteBuffer part;

    private volatile @Nullable BufferException failure;

    /**
     * Makes a source.
     *
     * @param lane where readers are called when a part has been read from the file
     */
    SpillSource(SpillBuffer buffer, Executor lane) {
        this.buffer = buffer;
        this.reader = buffer.reader();
        this.lane = lane;
    }

    /** Whether everything that is in the buffer by now has been given. */
    boolean isExhausted() {
        return part == null && failure == null && reader.position() == buffer.length();
    }

    /** {@return the next bytes, a failure, or null if they have to be {@linkplain #demand demanded}} Only if not exhausted. */
    Content.@Nullable Chunk read() {
        BufferException failed = failure;
        if (failed != null) {
            return Content.Chunk.from(failed, true);
        }
        ByteBuffer next = part;
        part = null;
        if (next == null) {
            next = reader.poll();
        }
        if (next == null) {
            return null;
        }
        return Content.Chunk.from(next, buffer.isEnded() && reader.position() == buffer.length());
    }

    /** Runs the task once {@link #read} has something to give. Only if not exhausted. */
    void demand(Runnable then) {
        if (part != null || failure != null) {
            then.run();
            return;
        }
        ByteBuffer target = ByteBuffer.allocate((int) Math.min(PART_BYTES, buffer.length() - reader.position()));
        if (reader.read(target, new Part(target, then)) != SpillReader.PENDING) {
            part = target.flip();
            then.run();
        }
    }

    /** A part that is being read from the file. */
    private final class Part implements SpillReader.ReadResult {
        private final ByteBuffer target;
        private final Runnable then;

        Part(ByteBuffer target, Runnable then) {
            this.target = target;
            this.then = then;
        }

        @Override
        public void completed(int count) {
            part = target.flip();
            lane.execute(then);
        }

        @Override
        public void failed(BufferException cause) {
            failure = cause;
            lane.execute(then);
        }
    }
}
