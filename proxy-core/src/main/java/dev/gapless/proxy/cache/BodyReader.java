package dev.gapless.proxy.cache;

import dev.gapless.proxy.cache.CachedBody.Content;
import dev.gapless.proxy.cache.CachedBody.Stage;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the body of an answer, or the part of it that was asked for, while it comes or later, at the pace of one client. One call
 * at a time, of any thread, but for {@link #close}, which may come at any time.
 *
 * <pre>{@code
 * while (true) {
 *     ByteBuffer piece = reader.poll();
 *     if (piece != null)           write(piece);
 *     else if (reader.isAtEnd())   return end();
 *     else if (reader.isCut())     return abort();
 *     else if (reader.await(this)) return;         // called again when there is more to see
 * }
 * }</pre>
 */
public final class BodyReader {
    private final CachedBody body;
    private final long limit;
    private long position;
    private int chunk;
    private int offset;
    private Content seen;
    private volatile boolean closed;
    /** Whether the body may know this; nearly always all of it is there, and many read it at once. */
    private volatile boolean waits;

    /** Reads from a byte to another one, which is not read; or to the end, wherever that will be. */
    BodyReader(CachedBody body, long from, long limit) {
        this.body = body;
        this.limit = limit;
        this.position = from;
        this.seen = body.content();
        this.offset = Math.toIntExact(from);
    }

    static BodyReader of(CachedBody body) {
        return new BodyReader(body, 0, Long.MAX_VALUE);
    }

    /** {@return the next bytes, as a read-only view that stays valid; null if there are none now} */
    public @Nullable ByteBuffer poll() {
        seen = body.content();
        if (position < Math.min(limit, seen.length())) {
            return view();
        }
        Overflow rest = rest();
        return rest == null ? null : rest.poll();
    }

    private ByteBuffer view() {
        ByteBuffer[] chunks = seen.chunks();
        // A chunk may have been read to its end, or the range begins in a later one.
        while (offset >= chunks[chunk].capacity()) {
            offset -= chunks[chunk].capacity();
            chunk++;
        }
        long left = Math.min(limit, seen.length()) - position;
        int count = (int) Math.min(left, chunks[chunk].capacity() - offset);
        ByteBuffer view = chunks[chunk].slice(offset, count).asReadOnlyBuffer();
        offset += count;
        position += count;
        return view;
    }

    /** {@return whether all of the body is there; if not, it may still break off} */
    public boolean isWhole() {
        return body.content().stage() == Stage.WHOLE;
    }

    /** {@return whether all has been read} */
    public boolean isAtEnd() {
        if (position >= limit) {
            return true;
        }
        Content now = body.content();
        Overflow rest = rest();
        return rest == null ? now.stage() == Stage.WHOLE && position >= now.length() : rest.isAtEnd();
    }

    /** {@return whether all that has come has been read, but no more will, though the body is not whole} */
    public boolean isCut() {
        if (position >= limit) {
            return false;
        }
        Content now = body.content();
        Overflow rest = rest();
        return rest == null ? now.stage() == Stage.CUT && position >= now.length() : rest.isCut();
    }

    /**
     * Waits for what comes next.
     *
     * @param later called once, by any thread, when there may be more to see, unless this is closed before; it must not block
     * @return false if there is more already, so that {@code later} is not called
     */
    public boolean await(Runnable later) {
        Overflow rest = rest();
        if (rest != null) {
            return rest.await(later);
        }
        Content now = body.content();
        boolean more = position < Math.min(limit, now.length()) || now.stage() != Stage.OPEN;
        if (more) {
            return false;
        }
        waits = true;
        return body.await(this, now, later);
    }

    /** Says that nothing will be read any more. A fill that only this reader wanted is not wanted any more. */
    public void close() {
        closed = true;
        if (waits) {
            body.forget(this);
        }
        Overflow rest = body.rest();
        if (rest != null) {
            rest.close();
        }
    }

    boolean isClosed() {
        return closed;
    }

    /** What follows on the content, once that has been read. */
    private @Nullable Overflow rest() {
        Content now = body.content();
        return now.stage() == Stage.OVERFLOWED && position >= now.length() ? body.rest() : null;
    }
}
