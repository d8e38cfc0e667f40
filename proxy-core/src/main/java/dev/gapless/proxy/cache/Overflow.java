package dev.gapless.proxy.cache;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** The rest of a body that is too long to be kept, on its way to one reader. Thread-safe; one writer, one reader. */
final class Overflow {
    /** How many bytes may wait to be read before the writer has to wait. */
    private static final int WINDOW = 128 << 10;

    // Guarded by this.
    private final Queue<ByteBuffer> pieces = new ArrayDeque<>();
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
            ByteBuffer copy = ByteBuffer.allocate(source.remaining());
            pieces.add(copy.put(source).flip().asReadOnlyBuffer());
            more = unread < WINDOW;
            writer = more ? null : room;
            woken = takeReader();
        }
        wake(woken);
        return more;
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
        return piece;
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
