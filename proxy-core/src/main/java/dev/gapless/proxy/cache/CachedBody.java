package dev.gapless.proxy.cache;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The body of a response, while it comes and after: chunks that are written once. Readers look at a snapshot, without a lock, and
 * each at its own pace. Thread-safe; one append at a time.
 *
 * <p>A body that turns out to be too long to be kept goes on as an {@link Overflow}, which the request that it is for reads.
 */
final class CachedBody {
    /** How a body stands. */
    enum Stage {
        /** More will come; WHOLE, CUT or OVERFLOWED may follow. */
        OPEN,
        /** All is there, for good. */
        WHOLE,
        /** No more will come, though it should; for good. */
        CUT,
        /** The rest is in the overflow, which has the end; for good. */
        OVERFLOWED
    }

    /** The first {@code length} bytes of the chunks, which never change. */
    static final class Content {
        private final ByteBuffer[] chunks;
        private final long length;
        private final Stage stage;

        Content(ByteBuffer[] chunks, long length, Stage stage) {
            this.chunks = chunks;
            this.length = length;
            this.stage = stage;
        }

        ByteBuffer[] chunks() {
            return chunks;
        }

        long length() {
            return length;
        }

        Stage stage() {
            return stage;
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(CachedBody.class);
    private static final int SMALLEST = 512;
    private static final int LARGEST = 128 << 10;
    /** What cannot be compressed grows by less than a part in so many, and by what stands before and after it. */
    private static final int MOST_GROWTH = 4;

    private static final int ENCODED_OVERHEAD = 1024;

    /** What a chunk takes beside its bytes: objects, which are more where they tell of the end of memory outside of the heap. */
    private static final long CHUNK_OVERHEAD = 72;

    private static final long OUTSIDE_OVERHEAD = 200;

    private final ByteBudget budget;
    private final BodyMemory memory;
    private final long limit;
    private final long declared;

    private volatile Content content = new Content(new ByteBuffer[0], 0, Stage.OPEN);
    /** By the token of their coding; replaced as a whole. */
    private volatile Map<String, EncodedBody> encoded = Map.of();

    // Guarded by this.
    private long capacity;
    private final Map<BodyReader, Runnable> waiting = new LinkedHashMap<>();
    private @Nullable Overflow overflow;

    /**
     * Makes an empty one.
     *
     * @param budget of the bytes that are still coming
     * @param memory where it is kept
     * @param limit how many bytes are kept at most
     * @param declared how many bytes will come, or negative if that is not known
     */
    CachedBody(ByteBudget budget, BodyMemory memory, long limit, long declared) {
        this.budget = budget;
        this.memory = memory;
        this.limit = limit;
        this.declared = declared;
    }

    /** Takes memory for all that was declared, so that no append of it fails. */
    boolean reserve() {
        return reserve(declared);
    }

    private synchronized boolean reserve(long bytes) {
        if (!budget.take(bytes)) {
            return false;
        }
        capacity = bytes;
        return true;
    }

    /** {@return this body in a coding, as far as that has been made; null if nobody has begun to} */
    @Nullable
    EncodedBody encoded(String coding) {
        return encoded.get(coding);
    }

    /**
     * Begins this body in a coding. Memory is taken for the most that any coding makes of it, so that no append fails.
     *
     * @param whenWhole called when it is whole
     * @return null if that has been begun before, there is no memory for it, or nobody knows how long this body is
     */
    synchronized @Nullable EncodedBody encode(String coding, Runnable whenWhole) {
        long length = totalLength();
        long most = length + length / MOST_GROWTH + ENCODED_OVERHEAD;
        CachedBody bytes = new CachedBody(budget, memory, most, -1);
        if (length < 0 || content.stage == Stage.CUT || encoded.containsKey(coding) || !bytes.reserve(most)) {
            return null;
        }
        EncodedBody begun = new EncodedBody(bytes, whenWhole, this::forget);
        Map<String, EncodedBody> more = new TreeMap<>(encoded);
        more.put(coding, begun);
        encoded = more;
        return begun;
    }

    private synchronized void forget(EncodedBody cut) {
        Map<String, EncodedBody> rest = new TreeMap<>(encoded);
        rest.values().remove(cut);
        encoded = rest;
    }

    Content content() {
        return content;
    }

    long length() {
        return content.length;
    }

    /** How long the body is or will be, or negative if that is not known. */
    long totalLength() {
        Content now = content;
        return now.stage == Stage.WHOLE ? now.length : declared;
    }

    /** What the chunks take of memory, in bytes, and those of its encoded forms. */
    long weight() {
        long weight = 64;
        for (ByteBuffer chunk : content.chunks) {
            weight += chunk.capacity() + (chunk.isDirect() ? OUTSIDE_OVERHEAD : CHUNK_OVERHEAD);
        }
        for (EncodedBody each : encoded.values()) {
            weight += 128 + each.weight();
        }
        return weight;
    }

    /**
     * Appends what remains of the source, all of it or nothing.
     *
     * @return whether it was kept; if not, it is too much for this body or for all, or the body has ended
     */
    boolean append(ByteBuffer source) {
        List<Runnable> woken;
        synchronized (this) {
            Content now = content;
            int count = source.remaining();
            if (now.stage != Stage.OPEN || count > limit - now.length || !makeRoom(now, count)) {
                return false;
            }
            content = new Content(filled(now, source), now.length + count, Stage.OPEN);
            woken = takeWaiting();
        }
        wake(woken);
        return true;
    }

    /** Takes memory for so many bytes more from the budget: as little as there are declared, or twice as much as there was. */
    private boolean makeRoom(Content now, int count) {
        long missing = now.length + count - capacity;
        if (missing <= 0) {
            return true;
        }
        long generous = declared >= 0 ? declared - now.length : Math.max(capacity, SMALLEST);
        long wanted = Math.min(Math.max(missing, Math.min(generous, LARGEST)), limit - capacity);
        if (!budget.take(wanted)) {
            return false;
        }
        capacity += wanted;
        return true;
    }

    /** The bytes beyond the content are nobody's yet, so that the last chunk can be filled while others read it. */
    private ByteBuffer[] filled(Content now, ByteBuffer source) {
        ByteBuffer[] chunks = now.chunks;
        int room = (int) (allocated(chunks) - now.length);
        while (source.hasRemaining()) {
            if (room == 0) {
                room = (int) Math.min(capacity - allocated(chunks), LARGEST);
                chunks = withAnother(chunks, room);
            }
            ByteBuffer last = chunks[chunks.length - 1];
            int part = Math.min(room, source.remaining());
            last.put(last.capacity() - room, source, source.position(), part);
            source.position(source.position() + part);
            room -= part;
        }
        return chunks;
    }

    /** The last chunk is full, and so is kept. */
    private ByteBuffer[] withAnother(ByteBuffer[] chunks, int bytes) {
        ByteBuffer[] more = Arrays.copyOf(chunks, chunks.length + 1);
        if (chunks.length > 0) {
            ByteBuffer last = chunks[chunks.length - 1];
            more[chunks.length - 1] = memory.keep(last, last.capacity());
        }
        more[chunks.length] = ByteBuffer.allocate(bytes);
        return more;
    }

    private static long allocated(ByteBuffer[] chunks) {
        long bytes = 0;
        for (ByteBuffer chunk : chunks) {
            bytes += chunk.capacity();
        }
        return bytes;
    }

    /**
     * Says that all has come.
     *
     * @return false if that is not as much as was declared, or the body had ended otherwise: it is cut then
     */
    boolean end() {
        boolean whole;
        List<Runnable> woken;
        synchronized (this) {
            Content now = content;
            if (now.stage != Stage.OPEN) {
                return now.stage == Stage.WHOLE;
            }
            whole = declared < 0 || declared == now.length;
            content = whole
                    ? new Content(kept(now), now.length, Stage.WHOLE)
                    : new Content(now.chunks, now.length, Stage.CUT);
            giveBack();
            woken = takeWaiting();
        }
        wake(woken);
        return whole;
    }

    /** Keeps the last chunk, without the room that was taken for more. */
    private ByteBuffer[] kept(Content now) {
        if (now.length == 0) {
            return now.chunks;
        }
        ByteBuffer[] chunks = now.chunks.clone();
        ByteBuffer last = chunks[chunks.length - 1];
        chunks[chunks.length - 1] = memory.keep(last, (int) (last.capacity() - (allocated(chunks) - now.length)));
        return chunks;
    }

    /** Says that no more will come, though it should. After the end it does nothing. */
    void cut() {
        finish(Stage.CUT, null);
    }

    /** {@return where the rest goes; null if the body has ended} */
    @Nullable
    Overflow overflow() {
        Overflow rest = new Overflow();
        return finish(Stage.OVERFLOWED, rest) ? rest : null;
    }

    private boolean finish(Stage stage, @Nullable Overflow rest) {
        List<Runnable> woken;
        synchronized (this) {
            Content now = content;
            if (now.stage != Stage.OPEN) {
                return false;
            }
            overflow = rest;
            content = new Content(now.chunks, now.length, stage);
            giveBack();
            woken = takeWaiting();
        }
        wake(woken);
        return true;
    }

    private void giveBack() {
        budget.give(capacity);
        capacity = 0;
    }

    synchronized @Nullable Overflow rest() {
        return overflow;
    }

    /** Whether it has broken off. */
    boolean isCut() {
        return content.stage() == Stage.CUT;
    }

    /** Has a reader told of the next change, unless there is more than it has seen. One that is closed is told of nothing. */
    synchronized boolean await(BodyReader reader, Content seen, Runnable later) {
        if (content != seen) {
            return false;
        }
        if (!reader.isClosed()) {
            waiting.put(reader, later);
        }
        return true;
    }

    /** A reader has been closed: it would be kept until more comes, which may be long. */
    synchronized void forget(BodyReader closed) {
        waiting.remove(closed);
    }

    private List<Runnable> takeWaiting() {
        List<Runnable> taken = List.copyOf(waiting.values());
        waiting.clear();
        return taken;
    }

    static void wake(List<Runnable> readers) {
        for (Runnable reader : readers) {
            try {
                reader.run();
            } catch (RuntimeException e) {
                LOG.warn("a reader of a cached response has thrown", e);
            }
        }
    }
}
