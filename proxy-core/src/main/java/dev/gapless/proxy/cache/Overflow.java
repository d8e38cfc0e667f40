package dev.gapless.proxy.cache;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rest of a body that is too long to be kept, on its way to one reader. Thread-safe; one writer, one reader. */
final class Overflow {
    /** How many bytes may wait to be read before the writer has to wait. */
    private static final int WINDOW = 128 << 10;

    /** What comes in small parts is gathered in pieces of up to so many bytes: each takes more memory than a few bytes do. */
    private static final int GATHERED = 16 << 10;

    // Guarded by this.
    /** Each from its position to its limit; in the last one more may follow. */
    private final Deque<ByteBuffer> pieces = new ArrayDeque<>();

    private long unread;
    private boolean ended;
    private boolean cut;
    private @Nullable Runnable reader;
    private @Nullable Runnable writer;

    /**
     * Appends a copy of the source.
     *
     * @param room told when more may be appended, if this returns false
     * @return whether more may be appended at once
     */
    boolean append(ByteBuffer source, Runnable room) {
        Runnable woken;
        boolean more;
        synchronized (this) {
            if (cut) {
                return true;
            }
            unread += source.remaining();
            add(source);
            more = unread < WINDOW;
            writer = more ? null : room;
            woken = takeReader();
        }
        wake(woken);
        return more;
    }

    private void add(ByteBuffer source) {
        ByteBuffer last = pieces.peekLast();
        if (last == null || last.capacity() - last.limit() < source.remaining()) {
            last = another(source.remaining());
        }
        int end = last.limit();
        last.limit(end + source.remaining());
        last.duplicate().position(end).put(source);
    }

    /** Each is twice as long as the one before, as a reader that keeps up takes every part by itself. */
    private ByteBuffer another(int least) {
        ByteBuffer last = pieces.peekLast();
        int generous = last == null ? 0 : Math.min(2 * last.capacity(), GATHERED);
        ByteBuffer piece = ByteBuffer.allocate(Math.max(least, generous)).limit(0);
        pieces.add(piece);
        return piece;
    }

    void end() {
        Runnable woken;
        synchronized (this) {
            ended = true;
            woken = takeReader();
        }
        wake(woken);
    }

    /** Says that no more will come, or that nobody reads it. */
    void cut() {
        Runnable told;
        Runnable woken;
        synchronized (this) {
            cut = !ended || cut;
            told = writer;
            writer = null;
            woken = takeReader();
        }
        wake(woken);
        wake(told);
    }

    /** Nobody will read it. */
    void close() {
        synchronized (this) {
            reader = null;
            pieces.clear();
            cut = true;
        }
        cut();
    }

    @Nullable
    ByteBuffer poll() {
        ByteBuffer piece;
        Runnable told = null;
        synchronized (this) {
            piece = pieces.poll();
            unread -= piece == null ? 0 : piece.remaining();
            if (unread < WINDOW) {
                told = writer;
                writer = null;
            }
        }
        wake(told);
        return piece == null ? null : piece.asReadOnlyBuffer();
    }

    synchronized boolean isAtEnd() {
        return ended && !cut && pieces.isEmpty();
    }

    synchronized boolean isCut() {
        return cut && pieces.isEmpty();
    }

    synchronized boolean await(Runnable later) {
        if (!pieces.isEmpty() || ended || cut) {
            return false;
        }
        reader = later;
        return true;
    }

    private @Nullable Runnable takeReader() {
        Runnable taken = reader;
        reader = null;
        return taken;
    }

    private static void wake(@Nullable Runnable told) {
        if (told != null) {
            CachedBody.wake(List.of(told));
        }
    }
}
