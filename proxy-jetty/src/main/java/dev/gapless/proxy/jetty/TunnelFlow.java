package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.RetainableByteBuffer;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.IteratingCallback;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a tunnel. It reads no more before what it has read is written, and holds a buffer only in between, so that
 * a tunnel at rest costs no memory for bytes.
 */
final class TunnelFlow extends IteratingCallback {
    /** Hears how the flow fares. */
    interface Listener {
        /** Something has passed. */
        void moved();

        /** The end has come, and was passed on. */
        void ended();

        /** The connection that it leads to is broken, so that it stands. */
        void unheard();

        /** It has broken off. */
        void broke(Throwable cause);
    }

    private static final int BUFFER_BYTES = 16 * 1024;

    private final TunnelEnd from;
    private final TunnelEnd to;
    private final ByteBufferPool buffers;
    private final Listener listener;
    /** Where frames begin and end, if a WebSocket's can be told to end between them. */
    private final @Nullable WebSocketFrames frames;

    private final int closeCode;
    private volatile boolean leaving;
    private volatile boolean atEnd;
    private boolean closeSaid;
    private @Nullable RetainableByteBuffer buffer;
    private final AtomicLong bytes = new AtomicLong();

    /**
     * Makes a flow, which stands until it is told to iterate.
     *
     * @param frames follows what passes; null if the flow cannot be told to leave
     * @param closeCode what a WebSocket is told when it is to leave
     */
    TunnelFlow(
            TunnelEnd from,
            TunnelEnd to,
            ByteBufferPool buffers,
            @Nullable WebSocketFrames frames,
            int closeCode,
            Listener listener) {
        this.from = from;
        this.to = to;
        this.buffers = buffers;
        this.frames = frames;
        this.closeCode = closeCode;
        this.listener = listener;
    }

    /** {@return how many bytes have passed} */
    long bytes() {
        return bytes.get();
    }

    /** Whether its end has come, which may close the connection that it leads to. */
    boolean isAtEnd() {
        return atEnd;
    }

    /** Has the receiver told to close, as soon as the frame under way has passed. */
    void leave() {
        if (frames != null) {
            leaving = true;
            iterate();
        }
    }

    @Override
    protected Action process() throws IOException {
        while (true) {
            if (mustSayClose()) {
                closeSaid = true;
                to.write(this, WebSocketFrames.close(closeCode));
                return Action.SCHEDULED;
            }
            if (to.isBroken()) {
                release();
                listener.unheard();
                return Action.IDLE;
            }
            int length = from.read(space());
            if (length > 0) {
                listener.moved();
                if (pass()) {
                    return Action.SCHEDULED;
                }
            } else {
                release();
                if (length < 0) {
                    atEnd = true;
                    to.getEndPoint().shutdownOutput();
                    return Action.SUCCEEDED;
                }
                from.expect();
                return Action.IDLE;
            }
        }
    }

    private boolean mustSayClose() {
        return leaving
                && !closeSaid
                && frames != null
                && frames.isBetweenFrames()
                && !frames.hasClosed()
                && !frames.isBroken();
    }

    private ByteBuffer space() {
        RetainableByteBuffer held = buffer;
        if (held == null) {
            held = buffers.acquire(BUFFER_BYTES, true);
            buffer = held;
        }
        BufferUtil.clear(held.getByteBuffer());
        return held.getByteBuffer();
    }

    /**
     * Writes what was read. {@return whether there is anything to write: nothing follows a close frame (RFC 6455, section 5.5.1)}
     */
    private boolean pass() {
        ByteBuffer read = buffer == null ? BufferUtil.EMPTY_BUFFER : buffer.getByteBuffer();
        if (closeSaid) {
            return false;
        }
        if (frames != null) {
            follow(read, frames);
        }
        bytes.addAndGet(read.remaining());
        to.write(this, read);
        return true;
    }

    /** Looks at frames as they pass, and cuts off what follows the last that may. */
    private void follow(ByteBuffer read, WebSocketFrames passing) {
        int begin = read.position();
        int end = read.limit();
        int position = begin;
        while (position < end && (position == begin || !mustSayClose())) {
            read.position(position);
            position += passing.next(read);
        }
        read.position(begin);
        read.limit(position);
    }

    @Override
    protected void onCompleteSuccess() {
        listener.ended();
    }

    @Override
    protected void onCompleteFailure(Throwable cause) {
        release();
        listener.broke(cause);
    }

    private void release() {
        RetainableByteBuffer held = buffer;
        if (held != null) {
            buffer = null;
            held.release();
        }
    }

    @Override
    public InvocationType getInvocationType() {
        return InvocationType.NON_BLOCKING;
    }
}
