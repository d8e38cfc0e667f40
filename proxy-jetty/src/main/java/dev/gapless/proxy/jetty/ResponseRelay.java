package dev.gapless.proxy.jetty;

import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.IteratingCallback;
import org.eclipse.jetty.util.thread.Invocable;
import org.jspecify.annotations.Nullable;

/**
 * Copies the body of a target's response to the client, each part as it comes; the head goes with the first part, or alone
 * if there is none yet, unless the body is withheld until it is whole. A part is not read before the one before it has been
 * written, but for a look whether it is the end.
 */
final class ResponseRelay extends IteratingCallback implements TargetBody {
    /** Hears how it went. */
    interface Outcome {
        /** The client's connection has taken everything. */
        void relayed();

        /** The source of the body failed, or the client's connection did. */
        void relayFailed(Throwable failure, boolean bySource);
    }

    /** Parts up to this are cheaper to copy than the buffers that they came in are to do without. */
    private static final int SMALL_BYTES = 2048;

    private final Content.Source source;
    private final Content.Sink client;
    private final @Nullable ResponseBuffer buffer;
    private final boolean headAlone;
    private final boolean shared;
    private final BooleanSupplier trailersFollow;
    private final Executor lane;
    private final Outcome outcome;
    private final Runnable onAvailable = Invocable.from(InvocationType.NON_BLOCKING, this::iterate);
    private Content.@Nullable Chunk writing;
    private Content.@Nullable Chunk ahead;
    private boolean begun;
    private volatile boolean lastWritten;
    private boolean failedBySource;
    private long bytes;

    /**
     * Makes a relay.
     *
     * @param source the body
     * @param buffer the same if it is buffered, else null
     * @param client where it goes
     * @param headAlone whether the head is written before anything is read, even the end
     * @param shared whether other responses take the same way: a part may wait for theirs, and if it is small, the large buffer
     *     that it came in does not wait with it
     * @param trailersFollow whether the body is followed by trailers, asked at its end
     * @param lane where it goes on after others had their turn
     */
    ResponseRelay(
            Content.Source source,
            @Nullable ResponseBuffer buffer,
            Content.Sink client,
            boolean headAlone,
            boolean shared,
            BooleanSupplier trailersFollow,
            Executor lane,
            Outcome outcome) {
        this.source = source;
        this.buffer = buffer;
        this.client = client;
        this.headAlone = headAlone;
        this.shared = shared;
        this.trailersFollow = trailersFollow;
        this.lane = lane;
        this.outcome = outcome;
    }

    @Override
    public void begin() {
        iterate();
    }

    /** The bytes of the body that were handed to the client's connection. */
    @Override
    public long bytes() {
        return bytes;
    }

    /** Whether the target's body has been read to its proper end. */
    @Override
    public boolean hasEnded() {
        return lastWritten || (buffer != null && buffer.isWhole());
    }

    @Override
    public InvocationType getInvocationType() {
        return InvocationType.NON_BLOCKING;
    }

    @Override
    protected Action process() throws Throwable {
        if (lastWritten) {
            return Action.SUCCEEDED;
        }
        if (headAlone && !begun) {
            return await();
        }
        if (!LaneTask.admitsRead()) {
            lane.execute(onAvailable);
            return Action.IDLE;
        }
        Content.Chunk chunk = next();
        if (chunk == null) {
            return await();
        }
        if (Content.Chunk.isFailure(chunk)) {
            failedBySource = true;
            throw chunk.getFailure();
        }
        boolean last = chunk.isLast() || isEndNext();
        if (last && mustWaitForContent(chunk)) {
            ahead = Content.Chunk.EOF;
            last = false;
        }
        write(chunk, last);
        return Action.SCHEDULED;
    }

    /**
     * Whether trailers have to be written by themselves. Given head, content and trailers at once, Jetty's HTTP/2 sends the
     * trailers before content for which the client's window has no room.
     */
    private boolean mustWaitForContent(Content.Chunk chunk) {
        return !begun && chunk.hasRemaining() && trailersFollow.getAsBoolean();
    }

    private Content.@Nullable Chunk next() {
        Content.Chunk chunk = ahead;
        ahead = null;
        return chunk == null ? source.read() : chunk;
    }

    /** Waits for the target, with the head on its way to the client. */
    private Action await() {
        boolean withheld = buffer != null && buffer.isWithheld();
        if (!begun && !withheld) {
            begun = true;
            client.write(false, BufferUtil.EMPTY_BUFFER, this);
            return Action.SCHEDULED;
        }
        source.demand(onAvailable);
        return Action.IDLE;
    }

    /** Whether nothing follows: then this part can be written as the last, which saves a write. */
    private boolean isEndNext() {
        ahead = source.read();
        boolean end = ahead != null && ahead.isLast() && !ahead.hasRemaining() && !Content.Chunk.isFailure(ahead);
        if (end) {
            ahead = null;
        }
        return end;
    }

    private void write(Content.Chunk chunk, boolean last) {
        begun = true;
        lastWritten = last;
        writing = chunk;
        bytes += chunk.remaining();
        boolean small = shared && chunk.canRetain() && chunk.remaining() <= SMALL_BYTES;
        client.write(last, small ? copy(chunk) : chunk.getByteBuffer(), this);
    }

    private ByteBuffer copy(Content.Chunk chunk) {
        ByteBuffer copy = ByteBuffer.allocate(chunk.remaining())
                .put(chunk.getByteBuffer())
                .flip();
        release();
        return copy;
    }

    @Override
    protected void onSuccess() {
        release();
    }

    @Override
    protected void onCompleteSuccess() {
        outcome.relayed();
    }

    @Override
    protected void onCompleteFailure(Throwable failure) {
        release();
        if (ahead != null) {
            ahead.release();
            ahead = null;
        }
        outcome.relayFailed(failure, failedBySource);
    }

    private void release() {
        if (writing != null) {
            writing.release();
            writing = null;
        }
    }
}
