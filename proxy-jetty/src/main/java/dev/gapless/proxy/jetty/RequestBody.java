package dev.gapless.proxy.jetty;

import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.Trailers;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.thread.Invocable;
import org.jspecify.annotations.Nullable;

/**
 * The body of a client's request on its way to a target. It stands between the two so that the target's side may end early
 * without ending the client's: what the client still sends can be {@linkplain #discard discarded}.
 *
 * <p>One reader at a time uses it: the sender of the present attempt until that is over, then whoever discards.
 */
final class RequestBody implements org.eclipse.jetty.client.Request.Content {
    private final Request request;
    private final Runnable onEnd;
    private Content.@Nullable Chunk first;
    private volatile boolean touched;
    private volatile boolean ended;
    private long bytes;
    private volatile @Nullable Throwable clientFailure;
    private volatile @Nullable HttpFields trailers;
    /** What waits for the client's next bytes; the demand on the request is outstanding as long as it is set. */
    private final AtomicReference<@Nullable Runnable> waiting = new AtomicReference<>();

    private volatile boolean asked;
    /** Set while no target reads. */
    private volatile boolean detached;

    /**
     * Makes a body.
     *
     * @param request the client's request
     * @param first what has been read of it already, if anything
     * @param onEnd called when the last byte has been read for a target
     */
    RequestBody(Request request, Content.@Nullable Chunk first, Runnable onEnd) {
        this.request = request;
        this.first = first;
        this.onEnd = onEnd;
    }

    /** Whether anything of it has been read: then it cannot be sent again. */
    boolean isTouched() {
        return touched;
    }

    /** Whether the client was asked to send it, which answers its {@code Expect: 100-continue}. */
    boolean wasAsked() {
        return asked;
    }

    /** A target is going to read it. */
    void attach() {
        detached = false;
    }

    /** Whether the client has sent all of it. */
    boolean isEnded() {
        return ended;
    }

    long bytes() {
        return bytes;
    }

    /** What went wrong on the client's side, or null. */
    @Nullable
    Throwable clientFailure() {
        return clientFailure;
    }

    @Nullable
    HttpFields trailers() {
        return trailers;
    }

    @Override
    public @Nullable String getContentType() {
        return null;
    }

    @Override
    public long getLength() {
        return request.getLength();
    }

    @Override
    public Content.@Nullable Chunk read() {
        Content.Chunk chunk = first;
        first = null;
        if (chunk == null) {
            chunk = request.read();
        }
        if (chunk != null) {
            note(chunk);
        }
        return chunk;
    }

    private void note(Content.Chunk chunk) {
        touched = true;
        if (Content.Chunk.isFailure(chunk)) {
            clientFailure = chunk.getFailure();
            return;
        }
        if (chunk instanceof Trailers with) {
            trailers = with.getTrailers();
        }
        bytes += chunk.remaining();
        // A body with a length is known to be whole before the end of its stream is read.
        if ((chunk.isLast() || bytes == request.getLength()) && !ended) {
            ended = true;
            if (!detached) {
                onEnd.run();
            }
        }
    }

    @Override
    public void demand(Runnable reader) {
        boolean outstanding = waiting.getAndSet(reader) != null;
        asked = true;
        if (first != null) {
            available();
        } else if (!outstanding) {
            request.demand(Invocable.from(Invocable.InvocationType.NON_BLOCKING, this::available));
        }
    }

    private void available() {
        Runnable reader = waiting.getAndSet(null);
        if (reader != null) {
            reader.run();
        }
    }

    /** The target takes no more of it. The client's connection is not concerned. */
    @Override
    public void fail(Throwable failure) {
        detached = true;
    }

    /**
     * Reads what the client still sends and throws it away, up to a limit, then goes on with what follows. The attempts are
     * over when this is called.
     *
     * @param limit in bytes
     * @param then runs once, also if the client fails
     */
    void discard(long limit, Runnable then) {
        detached = true;
        long until = bytes + limit;
        discardUntil(until, then);
    }

    private void discardUntil(long until, Runnable then) {
        while (!ended && clientFailure == null && bytes < until) {
            Content.Chunk chunk = read();
            if (chunk == null) {
                demand(() -> discardUntil(until, then));
                return;
            }
            chunk.release();
        }
        then.run();
    }
}
