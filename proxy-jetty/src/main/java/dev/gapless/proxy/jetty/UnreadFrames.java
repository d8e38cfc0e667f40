package dev.gapless.proxy.jetty;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import org.eclipse.jetty.http2.BufferingFlowControlStrategy;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.http2.HTTP2Session;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The flow control of a client's HTTP/2 connection. Jetty's bounds how many bytes of bodies may wait to be read, this one also in
 * how many frames they come: each takes some 150 bytes of memory until it is read, be it of a single byte or of none; and in how
 * many of the buffers into which the connection is read they are, as each of those is held as a whole until nothing in it
 * waits any more. One that goes beyond it is refused as by {@link FrameLimits}. Thread-safe.
 *
 * <p>Only small frames are counted, as of others the windows allow few. Those that are thrown away unread count until their
 * stream is over.
 */
final class UnreadFrames extends BufferingFlowControlStrategy {
    /** From this length on, with padding, a frame takes more memory by its bytes than by itself. */
    static final int SMALL_BYTES = 256;

    /**
     * More than a stream's window holds of the smallest messages of gRPC, five bytes each: clients may send those as fast as they can
     * to a target that takes its time.
     */
    static final int SMALL_FRAMES = 60_000;

    /**
     * Thirty-two times as many as the windows' bytes fill. Those that wait may be far apart, with bodies between them that are read:
     * of pieces of half a KiB and more the windows hardly allow so many.
     */
    static final int BUFFERS = 2_048;

    /** As is Jetty's default: a window is opened again once half of it has been read. */
    private static final float READ_BEFORE_UPDATE = 0.5f;

    /** What waits to be read of a stream. */
    private static final class Unread {
        /** Where each of the frames is, in the order in which they are read. */
        private final Queue<Buffer> frames = new ArrayDeque<>(1);

        private int bytes;
        private int smallFrames;
        private boolean isOver;
    }

    /**
     * A stretch of what has come over the connection, as long as a buffer. Where those begin Jetty does not tell, but it goes on to the
     * next only when there is hardly any room in the one before: there are a little more than one to a stretch, and never
     * more than three.
     */
    private static final class Buffer {
        private final long number;
        private int frames;

        Buffer(long number) {
            this.number = number;
        }
    }

    // Guarded by this.
    private final Map<Stream, Unread> streams = new HashMap<>();
    private int smallFrames;
    private int buffers;
    private Buffer latest = new Buffer(0);

    UnreadFrames() {
        super(READ_BEFORE_UPDATE);
    }

    @Override
    public void onStreamCreated(Stream stream) {
        super.onStreamCreated(stream);
        synchronized (this) {
            streams.put(stream, new Unread());
        }
    }

    /** A body that has come as a whole may still be read, or is thrown away right after. */
    @Override
    public void onStreamDestroyed(Stream stream) {
        super.onStreamDestroyed(stream);
        synchronized (this) {
            Unread unread = streams.get(stream);
            if (unread != null) {
                unread.isOver = true;
                forgetIfRead(stream, unread);
            }
        }
    }

    /** Called for each frame before it waits to be read; without a stream if that is over, so that nobody will. */
    @Override
    public void onDataReceived(Session session, @Nullable Stream stream, int length) {
        super.onDataReceived(session, stream, length);
        if (stream != null && !add(stream, length, received(session) / Listeners.INPUT_BUFFER_BYTES)) {
            FrameLimits.refuse((HTTP2Session) session, "too_many_unread_data_frames");
        }
    }

    private static long received(Session session) {
        return ((HTTP2Session) session).getEndPoint().getConnection() instanceof HTTP2Connection connection
                ? connection.getBytesIn()
                : 0;
    }

    private synchronized boolean add(Stream stream, int length, long buffer) {
        Unread unread = streams.get(stream);
        if (unread != null) {
            unread.bytes += length;
            count(unread, length < SMALL_BYTES ? 1 : 0);
            hold(unread, buffer);
        }
        return smallFrames <= SMALL_FRAMES && buffers <= BUFFERS;
    }

    private void hold(Unread unread, long buffer) {
        if (latest.number != buffer) {
            latest = new Buffer(buffer);
        }
        unread.frames.add(latest);
        if (latest.frames++ == 0) {
            buffers++;
        }
    }

    private void release(Buffer buffer) {
        if (--buffer.frames == 0) {
            buffers--;
        }
    }

    /**
     * Called for each frame that is read, for the end of a body that had no frame of its own, and for all together that never
     * will be read.
     */
    @Override
    public void onDataConsumed(Session session, @Nullable Stream stream, int length) {
        super.onDataConsumed(session, stream, length);
        if (stream != null) {
            take(stream, length);
        }
    }

    private synchronized void take(Stream stream, int length) {
        Unread unread = streams.get(stream);
        if (unread != null) {
            unread.bytes -= length;
            count(unread, length < SMALL_BYTES && unread.smallFrames > 0 ? -1 : 0);
            if (!unread.frames.isEmpty()) {
                release(unread.frames.remove());
            }
            forgetIfRead(stream, unread);
        }
    }

    private void forgetIfRead(Stream stream, Unread unread) {
        if (unread.isOver && unread.bytes == 0) {
            streams.remove(stream);
            count(unread, -unread.smallFrames);
            unread.frames.forEach(this::release);
        }
    }

    private void count(Unread unread, int more) {
        unread.smallFrames += more;
        smallFrames += more;
    }
}
