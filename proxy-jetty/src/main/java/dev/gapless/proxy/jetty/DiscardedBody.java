package dev.gapless.proxy.jetty;

import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.thread.Invocable;

/** A body that nobody wants: read to its end, so that its connection can be used again, unless it is long. */
final class DiscardedBody implements TargetBody {
    private static final long MOST_BYTES = 64 * 1024;

    private final Content.Source source;
    private final Runnable tooLong;
    private final Runnable onAvailable = Invocable.from(Invocable.InvocationType.NON_BLOCKING, this::begin);
    private long bytes;
    private volatile boolean ended;

    DiscardedBody(Content.Source source, Runnable tooLong) {
        this.source = source;
        this.tooLong = tooLong;
    }

    @Override
    public void begin() {
        while (true) {
            Content.Chunk chunk = source.read();
            if (chunk == null) {
                source.demand(onAvailable);
                return;
            }
            if (Content.Chunk.isFailure(chunk)) {
                return; // Whoever has the body's connection hears of it, too.
            }
            bytes += chunk.remaining();
            boolean last = chunk.isLast();
            chunk.release();
            if (last) {
                ended = true;
                return;
            }
            if (bytes > MOST_BYTES) {
                tooLong.run();
                return;
            }
        }
    }

    @Override
    public boolean hasEnded() {
        return ended;
    }

    /** Nothing of it goes on. */
    @Override
    public long bytes() {
        return 0;
    }
}
