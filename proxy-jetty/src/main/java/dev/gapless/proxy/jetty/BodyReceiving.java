package dev.gapless.proxy.jetty;

import dev.gapless.proxy.buffer.BufferException;
import dev.gapless.proxy.buffer.SpillBuffer;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import org.eclipse.jetty.io.Content;

/** Takes the body of a request in, each chunk before the next is read. On the lane, but where said. */
final class BodyReceiving implements RequestBody.Reader, Runnable, SpillBuffer.AppendResult {
    private final RequestBody body;
    private final SpillBuffer into;
    private final Executor lane;
    private final RequestBody.Outcome outcome;
    private Content.Chunk appended = Content.Chunk.EMPTY;

    BodyReceiving(RequestBody body, SpillBuffer into, Executor lane, RequestBody.Outcome outcome) {
        this.body = body;
        this.into = into;
        this.lane = lane;
        this.outcome = outcome;
    }

    @Override
    public void run() {
        while (body.isReader(this)) {
            Content.Chunk chunk = body.readFor(this);
            if (chunk == null && (body.isAppending() || !into.hasGathered())) {
                body.demandFor(this, this);
                return;
            }
            if (Content.Chunk.isFailure(chunk)) {
                tellFailure();
                return;
            }
            if (!append(chunk == null ? Content.Chunk.EMPTY : chunk) || endAppend()) {
                return;
            }
        }
    }

    /** Returns whether the chunk has been taken in; else that is told later. One without content has what was gathered written. */
    private boolean append(Content.Chunk chunk) {
        body.beginAppend();
        appended = chunk;
        ByteBuffer bytes = chunk.getByteBuffer();
        return (!chunk.isLast() && into.gather(bytes)) || into.append(bytes, this);
    }

    /** A chunk has been taken in. Returns whether it was the last, or the last for this reader. */
    private boolean endAppend() {
        int length = appended.getByteBuffer().position();
        appended.release();
        boolean ended = body.isEnded();
        if (ended) {
            into.end();
            outcome.bodyEnded();
        }
        Runnable next = body.endAppend();
        if (next != null) {
            next.run();
        } else if (body.isReader(this)) {
            outcome.bodyCame(length);
            if (ended) {
                body.becomesWhole();
            }
        }
        return ended || !body.isReader(this);
    }

    /** Called by the thread that has written the file. */
    @Override
    public void appended() {
        lane.execute(() -> {
            if (!endAppend()) {
                run();
            }
        });
    }

    /** Called by the thread that could not write the file. */
    @Override
    public void failed(BufferException failure) {
        body.refuse(failure);
        lane.execute(() -> {
            appended.release();
            Runnable next = body.endAppend();
            if (next == null) {
                tellFailure();
            } else {
                next.run();
            }
        });
    }

    private void tellFailure() {
        if (body.isReader(this)) {
            outcome.receiveFailed();
        }
    }

    /** Whoever gets it in the end may take them. */
    @Override
    public boolean takesTrailersAfterLength() {
        return true;
    }
}
