package dev.gapless.proxy.jetty;

import dev.gapless.proxy.cache.EncodedBody;
import java.io.IOException;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.IteratingCallback;
import org.eclipse.jetty.util.thread.Invocable;

/**
 * Has the encoded form of a stored body made, for all who want it: on the lane of the first of them, whether that client stays or
 * not, which it leaves to others after some work.
 */
final class EncodedFeed extends IteratingCallback {
    private final Content.Source encoding;
    private final EncodedBody into;
    private final Runnable onAvailable = Invocable.from(InvocationType.NON_BLOCKING, this::iterate);

    /**
     * Makes a feed, which {@link #iterate} begins.
     *
     * @param encoding what comes out of the encoder
     * @param into where it goes
     */
    EncodedFeed(CompressingSource encoding, EncodedBody into) {
        this.encoding = encoding;
        this.into = into;
    }

    @Override
    public InvocationType getInvocationType() {
        return InvocationType.NON_BLOCKING;
    }

    @Override
    protected Action process() throws Throwable {
        while (true) {
            Content.Chunk chunk = encoding.read();
            if (chunk == null) {
                encoding.demand(onAvailable);
                return Action.IDLE;
            }
            if (Content.Chunk.isFailure(chunk)) {
                throw chunk.getFailure();
            }
            take(chunk);
            if (chunk.isLast()) {
                return Action.SUCCEEDED;
            }
        }
    }

    private void take(Content.Chunk chunk) throws IOException {
        try {
            if (!into.append(chunk.getByteBuffer())) {
                throw new IOException("a body has become longer than any coding makes it");
            }
        } finally {
            chunk.release();
        }
    }

    @Override
    protected void onCompleteSuccess() {
        into.complete();
    }

    @Override
    protected void onCompleteFailure(Throwable failure) {
        encoding.fail(failure);
        into.cut();
    }
}
