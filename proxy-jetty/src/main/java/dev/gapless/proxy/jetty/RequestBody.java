package dev.gapless.proxy.jetty;

import java.nio.ByteBuffer;
import java.util.Arrays;
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
 * <p>While its request is held it may be {@linkplain #readAhead read into memory}; what was kept so is what a target reads
 * first, and if it is the whole, any number of targets.
 *
 * <p>One reader at a time uses it: the sender of the present attempt until that is over, then whoever discards.
 */
final class RequestBody implements org.eclipse.jetty.client.Request.Content {
    /** How much of a body is read ahead, or a little more, as it comes in parts. */
    static final int MAX_READ_AHEAD_BYTES = 64 * 1024;

    private final Request request;
    private final Runnable onEnd;
    private final Runnable onFailure;
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

    /** The beginning of the body, read ahead. */
    private byte @Nullable [] kept;

    private int keptBytes;
    /** Set when all of the body is kept. */
    private volatile boolean keptWhole;
    /** How many of those the present reader has been given. */
    private int keptRead;
    /** Set while the body is read into memory; changes under the lock of this body. */
    private volatile boolean readingAhead;

    /**
     * Makes a body.
     *
     * @param request the client's request
     * @param first what has been read of it already, if anything
     * @param onEnd called when the last byte has been read for a target, or when no more is read into memory
     * @param onFailure called if the client fails while the body is read into memory
     */
    RequestBody(Request request, Content.@Nullable Chunk first, Runnable onEnd, Runnable onFailure) {
        this.request = request;
        this.first = first;
        this.onEnd = onEnd;
        this.onFailure = onFailure;
    }

    /** Whether a part of it has been given to a reader and is gone: then it cannot be sent again. */
    boolean isTouched() {
        return touched && !keptWhole;
    }

    /** Whether the client was asked to send it, which answers its {@code Expect: 100-continue}. */
    boolean wasAsked() {
        return asked;
    }

    /** A target is going to read it, from its beginning. */
    void attach() {
        stopReadingAhead();
        keptRead = 0;
        detached = false;
    }

    /** Reads it into memory as it comes, until it is whole, {@link #MAX_READ_AHEAD_BYTES} are, or a target is going to read it. */
    void readAhead() {
        if (ended || touched) {
            return;
        }
        synchronized (this) {
            kept = kept == null ? new byte[(int) Math.max(0, Math.min(getLength(), MAX_READ_AHEAD_BYTES))] : kept;
            readingAhead = true;
        }
        keepMore();
    }

    private void keepMore() {
        boolean over;
        synchronized (this) {
            over = keepAvailable();
        }
        if (over) {
            (clientFailure == null ? onEnd : onFailure).run();
        }
    }

    /** {@return whether no more is to be kept} If not, what comes later will be kept, too. */
    private boolean keepAvailable() {
        while (readingAhead) {
            Content.Chunk chunk = readFromClient();
            if (chunk == null) {
                demandFromClient(this::keepMore);
                return false;
            }
            keep(chunk);
            if (ended || clientFailure != null || keptBytes >= MAX_READ_AHEAD_BYTES) {
                keptWhole = ended;
                readingAhead = false;
                return true;
            }
        }
        return false;
    }

    private void keep(Content.Chunk chunk) {
        int length = chunk.remaining();
        if (length > 0) {
            chunk.getByteBuffer().get(roomFor(length), keptBytes, length);
            keptBytes += length;
        }
        chunk.release();
        if (ended && !chunk.isLast()) {
            // The end of the stream goes with it: nobody else will ask for it, and the connection wants it read.
            Content.Chunk end = request.read();
            if (end != null) {
                end.release();
            }
        }
    }

    private byte[] roomFor(int more) {
        byte[] room = kept == null ? new byte[more] : kept;
        if (keptBytes + more > room.length) {
            room = Arrays.copyOf(room, Math.max(keptBytes + more, 2 * room.length));
        }
        kept = room;
        return room;
    }

    private void stopReadingAhead() {
        if (readingAhead) {
            synchronized (this) {
                readingAhead = false;
            }
        }
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
        Content.Chunk fromMemory = readKept();
        if (fromMemory != null) {
            return fromMemory;
        }
        boolean endedBefore = ended;
        Content.Chunk chunk = readFromClient();
        if (chunk != null) {
            touched = true;
        }
        if (ended && !endedBefore && !detached) {
            onEnd.run();
        }
        return chunk;
    }

    private Content.@Nullable Chunk readKept() {
        byte[] bytesKept = kept;
        if (bytesKept == null || (keptRead == keptBytes && !keptWhole)) {
            return null;
        }
        touched = true;
        ByteBuffer rest = ByteBuffer.wrap(bytesKept, keptRead, keptBytes - keptRead);
        keptRead = keptBytes;
        return rest.hasRemaining() ? Content.Chunk.from(rest, keptWhole) : Content.Chunk.EOF;
    }

    private Content.@Nullable Chunk readFromClient() {
        Throwable failed = clientFailure;
        if (failed != null) {
            return Content.Chunk.from(failed, true);
        }
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
        if (Content.Chunk.isFailure(chunk)) {
            clientFailure = chunk.getFailure();
            return;
        }
        if (chunk instanceof Trailers with) {
            trailers = with.getTrailers();
        }
        bytes += chunk.remaining();
        // A body with a length is known to be whole before the end of its stream is read.
        if (chunk.isLast() || bytes == request.getLength()) {
            ended = true;
        }
    }

    @Override
    public void demand(Runnable reader) {
        if (keptRead < keptBytes) {
            reader.run();
        } else {
            demandFromClient(reader);
        }
    }

    private void demandFromClient(Runnable reader) {
        boolean outstanding = waiting.getAndSet(reader) != null;
        asked = true;
        if (first != null || clientFailure != null) {
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
        stopReadingAhead();
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
