package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * A connection to a target. What the target does not take any more is thrown away without an error: it may have answered
 * before it stopped to listen, and then the answer is there to be read. If it is not, reading says that the connection broke.
 */
final class TargetEndPoint extends LaneEndPoint {
    private static final long NEVER_RELEASED = -1;

    /** How much had been read from it when the last response had ended; belongs to who has the connection. */
    private long readAtRelease = NEVER_RELEASED;

    TargetEndPoint(SocketChannel channel, Lane lane, SelectionKey key, Scheduler scheduler, int index) {
        super(channel, lane, key, scheduler, index);
    }

    /** A response has ended after so many bytes. */
    void released(long read) {
        readAtRelease = read;
    }

    /** Whether more has come since the last response ended, which no request has asked for. */
    boolean hasSpokenUnasked(long read) {
        return readAtRelease != NEVER_RELEASED && read != readAtRelease;
    }

    @Override
    public boolean flush(ByteBuffer... buffers) throws IOException {
        try {
            return super.flush(buffers);
        } catch (IOException e) {
            if (!isOpen() || isOutputShutdown() || isInputShutdown()) {
                throw e;
            }
            breaks();
            for (ByteBuffer buffer : buffers) {
                BufferUtil.clear(buffer);
            }
            return true;
        }
    }
}
