package dev.gapless.proxy.jetty;

import java.util.concurrent.Executor;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/** The body of a request on its way to one target. */
final class BodySending implements RequestBody.Reader, Request.Content {
    private final RequestBody body;
    private final long keptBytes;
    private final RequestBody.Taker taker;
    private final Executor lane;
    private final long length;

    /** What is kept by now; null once that has been read. */
    private volatile @Nullable SpillSource fromKept;

    private boolean pieceTaken;
    /** There may be more to read, but others come first. */
    private boolean resting;

    BodySending(
            RequestBody body, @Nullable SpillSource fromKept, long keptBytes, RequestBody.Taker taker, Executor lane) {
        this.body = body;
        this.fromKept = fromKept;
        this.keptBytes = keptBytes;
        this.taker = taker;
        this.lane = lane;
        this.length = exactLength();
    }

    private long exactLength() {
        if (body.trailers() != null) {
            return -1;
        }
        return body.isEnded() ? body.bytes() : body.declaredLength();
    }

    @Override
    public @Nullable String getContentType() {
        return null;
    }

    /** {@return its length, or -1 if that is not known or trailers follow} */
    @Override
    public long getLength() {
        return length;
    }

    @Override
    public boolean takesTrailersAfterLength() {
        return taker.takesTrailersAfterLength();
    }

    @Override
    public Content.@Nullable Chunk read() {
        Content.Chunk chunk = readNext();
        if (chunk != null && !Content.Chunk.isFailure(chunk)) {
            taker.takes(chunk.isLast());
        }
        return chunk;
    }

    private Content.@Nullable Chunk readNext() {
        Content.Chunk piece = pieceTaken ? null : body.again();
        if (piece != null) {
            pieceTaken = true;
            return piece;
        }
        SpillSource again = readingKept();
        if (again != null) {
            return again.isExhausted() ? null : fromKept(again.read());
        }
        return readBeyond();
    }

    /** Reads what has not been read yet. */
    private Content.@Nullable Chunk readBeyond() {
        if (body.isEnded() || body.failure() != null) {
            Throwable failed = body.failure();
            return failed == null ? Content.Chunk.EOF : Content.Chunk.from(failed, true);
        }
        if (!LaneTask.admitsRead()) {
            resting = true;
            return null;
        }
        Content.Chunk chunk = body.readFor(this);
        if (chunk == null || Content.Chunk.isFailure(chunk)) {
            return chunk;
        }
        Throwable flaw = body.flaw(length);
        if (flaw != null) {
            chunk.release();
            return Content.Chunk.from(flaw, true);
        }
        body.passed(chunk, keptBytes);
        return chunk;
    }

    private Content.@Nullable Chunk fromKept(Content.@Nullable Chunk chunk) {
        if (chunk != null && Content.Chunk.isFailure(chunk)) {
            body.refuse(chunk.getFailure()); // No other target can be sent what cannot be read.
        } else if (chunk != null && chunk.isLast() && body.trailers() != null) {
            // Jetty has room for long trailers only if they do not come with content.
            return Content.Chunk.from(chunk.getByteBuffer(), false);
        }
        return chunk;
    }

    /** {@return what is kept if that is still to be read, or to become more} */
    private @Nullable SpillSource readingKept() {
        SpillSource again = fromKept;
        boolean growing = body.isAppending();
        if (again != null && !growing && again.isExhausted()) {
            fromKept = null;
            return null;
        }
        return again;
    }

    @Override
    public void demand(Runnable task) {
        SpillSource again = readingKept();
        if (again != null && !again.isExhausted()) {
            again.demand(task);
        } else if (again == null && (body.isEnded() || body.failure() != null)) {
            task.run();
        } else if (resting) {
            resting = false;
            lane.execute(task);
        } else {
            taker.waitsForClient();
            body.demandFor(this, task);
        }
    }

    /** The target takes no more of it. The client's connection is not concerned. */
    @Override
    public void fail(Throwable failure) {
        body.leave(this);
    }
}
