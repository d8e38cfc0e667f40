package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.HTTP2Session;
import org.eclipse.jetty.http2.HTTP2Stream;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Invocable.InvocationType;
import org.jspecify.annotations.Nullable;

/** One end of a tunnel: the connection to the client or to the target, after it has left HTTP behind. */
final class TunnelEnd extends AbstractConnection implements Connection.UpgradeTo {
    /** What happens to an end. */
    interface Listener {
        /** Bytes can be passed through it. */
        void opened(TunnelEnd end);

        /** There may be something to read. */
        void readable(TunnelEnd end);

        /** It is closed, by whomever. */
        void closed(TunnelEnd end, @Nullable Throwable cause);
    }

    private static final long NEVER = 0;

    private final Listener listener;
    private final Executor lane;
    private final Callback readable =
            Callback.from(InvocationType.NON_BLOCKING, this::onFillable, this::onFillInterestedFailed);
    private final Connection.Listener onLoss = new Connection.Listener() {
        @Override
        public void onClosed(Connection shared) {
            lost = true;
            // Not now, as what closes it may be a write that fails, of this stream say, and that has not told of it.
            Lanes.execute(shared.getEndPoint(), TunnelEnd.this::onFillable);
        }
    };
    private volatile boolean open;
    /** The connection that this is a stream of is closed: nothing comes any more. */
    private volatile boolean lost;
    /** What came in one piece with the last of HTTP; belongs to whoever reads. */
    private @Nullable ByteBuffer first;

    /**
     * Makes an end.
     *
     * @param lane where the listener is called, and who has written something: connections of the host's are served by threads of
     *     their own
     */
    TunnelEnd(EndPoint endPoint, Executor executor, Executor lane, Listener listener) {
        super(endPoint, executor);
        this.lane = lane;
        this.listener = listener;
    }

    @Override
    public void onUpgradeTo(ByteBuffer buffer) {
        first = buffer;
    }

    /** The tunnel as a whole knows whether it is idle. */
    @Override
    public void onOpen() {
        super.onOpen();
        getEndPoint().setIdleTimeout(NEVER);
        open = true;
        watchShared();
        lane.execute(() -> listener.opened(this));
    }

    /**
     * A stream whose last word was under way when its connection was lost is not told of that loss, as it is no longer one of the
     * connection's by then.
     */
    private void watchShared() {
        if (getEndPoint().getTransport() instanceof HTTP2Stream stream) {
            EndPoint shared = stream.getSession().getEndPoint();
            shared.getConnection().addEventListener(onLoss);
            if (!shared.isOpen()) {
                lost = true;
            }
        }
    }

    /** {@return how many bytes were read into the buffer, 0 if none are there yet, -1 at the end} */
    int read(ByteBuffer buffer) throws IOException {
        ByteBuffer left = first;
        if (left != null && left.hasRemaining()) {
            return BufferUtil.append(buffer, left);
        }
        first = null;
        boolean last = lost;
        int length = getEndPoint().fill(buffer);
        if (length < 0 && isBroken()) {
            throw new EofException("the connection was reset");
        } else if (length == 0 && last) {
            throw new EofException("the connection was lost");
        }
        return length;
    }

    /**
     * Whether reading or writing has found it reset. What it has sent before can still be read; what is written to a target's
     * is thrown away.
     */
    boolean isBroken() {
        return Lanes.unwrapped(getEndPoint()) instanceof LaneEndPoint socket && socket.isBroken();
    }

    /** Has the listener told when there is something to read, unless it will be anyway. */
    void expect() {
        getEndPoint().tryFillInterested(readable);
    }

    /** Writes bytes; the next may come when these are written. */
    void write(Callback written, ByteBuffer bytes) {
        getEndPoint().write(LanedRequest.on(lane, written), bytes);
    }

    @Override
    public void onFillable() {
        lane.execute(() -> listener.readable(this));
    }

    /** Reading finds out why. */
    @Override
    public void onFillInterestedFailed(Throwable cause) {
        lane.execute(() -> listener.readable(this));
    }

    @Override
    public void onClose(@Nullable Throwable cause) {
        super.onClose(cause);
        lane.execute(() -> listener.closed(this, cause));
    }

    /** Whether it was opened ever. */
    boolean isOpen() {
        return open;
    }

    /**
     * Closes the connection, if it is this end's yet.
     *
     * @param cause why it breaks off, so that the other side does not take it for a proper end where the protocol can tell
     *     (HTTP/2); null for a proper end
     */
    void end(@Nullable Throwable cause) {
        if (!open) {
            return;
        }
        if (cause == null) {
            close();
        } else {
            abort(cause);
        }
        forget();
    }

    /** A stream that is closed before its last frame is written stays among those of its connection, which waits for them all. */
    private void forget() {
        if (getEndPoint().getTransport() instanceof HTTP2Stream stream) {
            HTTP2Session session = stream.getSession();
            session.removeStream(stream);
            session.getEndPoint().getConnection().removeEventListener(onLoss);
        }
    }

    private void abort(Throwable cause) {
        Callback unwritten = getEndPoint().cancelWrite(cause);
        if (unwritten != null) {
            unwritten.failed(cause);
        }
        reset();
        getEndPoint().close(cause);
    }

    /** A stream that has said all is not reset by the above, nor does it give up what it was sent and nobody has read. */
    private void reset() {
        if (getEndPoint().getTransport() instanceof Stream stream && !stream.isClosed()) {
            stream.reset(new ResetFrame(stream.getId(), ErrorCode.CANCEL_STREAM_ERROR.code), Callback.NOOP);
        }
    }
}
