package dev.gapless.proxy.jetty;

import dev.gapless.proxy.buffer.SpillBuffer;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.Trailers;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.thread.Invocable;
import org.jspecify.annotations.Nullable;

/**
 * The body of a client's request, which is read from the client once, by one reader after the other:
 *
 * <pre>
 *   client ─► BodyReceiving ─► kept (a spill buffer) ─► BodySending, any number of times, one for each target tried
 *         ├─► BodySending ─► target; what has passed is kept as well, as long as it is little
 *         └─► discard
 * </pre>
 *
 * <p>It stands between client and target so that the target's side may end early without ending the client's. Whoever begins to
 * read takes the place of the reader before, which then gets a failure or nothing. Readers may be replaced by another thread
 * than the one they run on; the lock of this body guards who reads.
 */
final class RequestBody {
    /** Hears how the body comes in. */
    interface Outcome {
        /** Some bytes have been received. */
        void bodyCame(int bytes);

        /** The client has sent all of it, and someone wants it. */
        void bodyEnded();

        /** All of it has been received. */
        void received();

        /** It cannot be received; {@link #failure} says why. */
        void receiveFailed();
    }

    /** Hears how a target takes the body. */
    interface Taker {
        /** It is given the next part, having taken those before. */
        void takes(boolean last);

        /** It has taken all that there is, and waits for the client. */
        void waitsForClient();

        /** Whether trailers may follow a body with a length there. */
        boolean takesTrailersAfterLength();
    }

    /** Who reads it. */
    interface Reader {
        /** Whether trailers are of use that follow a body with a length, so that its end is waited for. */
        boolean takesTrailersAfterLength();
    }

    /** Stands for a reader that is gone. */
    private static final Reader NOBODY = () -> false;

    private final Request request;
    private final Outcome outcome;
    private final Executor lane;
    private final Runnable onAvailable = Invocable.from(Invocable.InvocationType.NON_BLOCKING, this::available);
    private volatile Content.@Nullable Chunk first;
    /** All of it, if it has come in one piece. */
    private Content.@Nullable Chunk piece;

    private volatile @Nullable SendingPace pace;
    private long limit = Long.MAX_VALUE;

    private volatile boolean ended;
    private volatile boolean whole;
    private volatile long bytes;
    private volatile boolean asked;
    private volatile @Nullable Throwable clientFailure;
    private volatile @Nullable Throwable refusal;
    private volatile @Nullable HttpFields trailers;

    /** What has been read, from the first byte; null if nothing has, or not all of it is kept. */
    private volatile @Nullable SpillBuffer kept;
    /** Something was read that is not kept. */
    private volatile boolean lost;

    /** Who may read; changes under the lock, as does what follows. */
    private @Nullable Reader reader;
    /** A chunk is on its way into the file. */
    private boolean appending;
    /** What waits for the client's next bytes; the demand on the request is outstanding as long as it is set. */
    private @Nullable Runnable waiting;
    /** What waits for the end of an append. */
    private @Nullable Runnable afterAppend;

    /**
     * Makes a body.
     *
     * @param request the client's request
     * @param first what has been read of it already, if anything
     * @param lane where it goes on after it has waited for a file, or others had their turn
     */
    RequestBody(Request request, Content.@Nullable Chunk first, Executor lane, Outcome outcome) {
        this.request = request;
        this.first = first;
        this.lane = lane;
        this.outcome = outcome;
    }

    /**
     * {@return the body of a request, or null if it has none} What has come of it already is taken in, unless its client waits to
     * be asked for it.
     */
    static @Nullable RequestBody open(Request request, ClientRequest client, Executor lane, Outcome outcome) {
        Content.Chunk first = null;
        long length = request.getLength();
        if (ProtocolSwitch.isExtendedConnect(request)) {
            return null; // What its client sends is for the tunnel.
        } else if (length < 0 && !client.isHttp1()) {
            // Whether a request of HTTP/2 or 3 has a body is only known by asking for it.
            first = request.read();
            if (first != null && isEmptyEnd(first)) {
                return null;
            }
        } else if (length == 0 || (length < 0 && !request.getHeaders().contains(HttpHeader.TRANSFER_ENCODING))) {
            return null;
        }
        RequestBody opened = new RequestBody(request, first, lane, outcome);
        if (client.expectsContinue()) {
            InterimStream.prepare(request);
        } else {
            opened.lookAhead();
        }
        return opened;
    }

    private static boolean isEmptyEnd(Content.Chunk chunk) {
        return chunk.isLast()
                && !chunk.hasRemaining()
                && !Content.Chunk.isFailure(chunk)
                && !(chunk instanceof Trailers);
    }

    /** {@return the length that the client has declared, or -1} */
    long declaredLength() {
        return request.getLength();
    }

    /** Sets how many bytes it may have; beyond that readers get a {@link BodyTooLongException}. */
    void limit(long most) {
        limit = most;
    }

    /** Has the client ended by {@link #tooSlow} if it does not keep a pace from now on; null for none. */
    void judgeBy(@Nullable SendingPace next) {
        SendingPace last = pace;
        pace = next;
        if (last != null) {
            last.ends();
        }
        if (next != null && isAwaited()) {
            next.waits();
        }
    }

    /** Whether a reader waits for the client's next bytes. */
    private synchronized boolean isAwaited() {
        return waiting != null && reader != NOBODY;
    }

    /** The client has been waited for too long. Called on the lane. */
    void tooSlow() {
        if (!ended && clientFailure == null) {
            clientFailure = new TimeoutException("the client sends its body too slowly");
            available();
        }
    }

    /**
     * Looks whether the whole body has come along with its head, as small ones do: then it stays where it is. To be called before
     * anyone else has this body, and without its lock: the compiler takes locks out that nobody else can want, and that of JDK 17
     * then had {@link #readFor} miss what had been stored in {@link #first}.
     */
    void lookAhead() {
        Content.Chunk chunk = first;
        if (chunk == null) {
            chunk = request.read();
        }
        if (chunk == null || Content.Chunk.isFailure(chunk) || !isAll(chunk)) {
            first = chunk;
            return;
        }
        first = null;
        reader = NOBODY;
        piece = noted(chunk);
        whole = true;
    }

    private boolean isAll(Content.Chunk chunk) {
        return chunk.isLast()
                ? !isCutShort(chunk.remaining())
                : chunk.remaining() == request.getLength() && !mayHaveTrailers();
    }

    /** Whether the client was asked to send it, which answers its {@code Expect: 100-continue}. */
    boolean wasAsked() {
        return asked;
    }

    /** Whether the client has sent all of it. */
    boolean isEnded() {
        return ended;
    }

    /** Whether all of it has been received. */
    boolean isWhole() {
        return whole;
    }

    /** Whether it can be sent from its beginning. */
    boolean isRepeatable() {
        return !lost && failure() == null;
    }

    long bytes() {
        return bytes;
    }

    @Nullable
    HttpFields trailers() {
        return trailers;
    }

    /** What went wrong with it on the client's side of the proxy, or null. */
    @Nullable
    Throwable failure() {
        Throwable failed = clientFailure;
        return failed == null ? refusal : failed;
    }

    /** Gives up what is kept. */
    void release() {
        SpillBuffer buffer = kept;
        Content.Chunk all;
        synchronized (this) {
            lost = true;
            all = piece;
            piece = null;
        }
        if (all != null) {
            all.release();
        }
        if (buffer != null) {
            buffer.release();
        }
    }

    /** Gives up what was read ahead, as nobody comes to read it any more. */
    void abandon() {
        Content.Chunk unread;
        synchronized (this) {
            unread = first;
            first = null;
        }
        if (unread != null) {
            unread.release();
        }
    }

    /**
     * Takes it in as it comes, until it is whole or someone else reads it. Does nothing if that is under way, or if something of
     * it is lost.
     *
     * @param space opens the buffer, if nothing is kept yet
     */
    void receive(Supplier<SpillBuffer> space) {
        BodyReceiving receiving;
        synchronized (this) {
            if (lost || reader instanceof BodyReceiving || reader instanceof Discarding) {
                return;
            }
            SpillBuffer into = kept;
            if (into == null) {
                into = space.get();
                kept = into;
            }
            receiving = new BodyReceiving(this, into, lane, outcome);
            reader = receiving;
        }
        receiving.run();
    }

    /**
     * Gives the body to a target, from its first byte.
     *
     * @param keep for what has not been read yet, so that it can be sent again; null if something is kept already
     * @param keptBytes how much of what is to come is kept
     * @param taker hears how far it is
     */
    synchronized BodySending send(@Nullable SpillBuffer keep, long keptBytes, Taker taker) {
        if (keep != null) {
            kept = keep;
        }
        SpillSource fromKept = kept == null ? null : new SpillSource(kept, lane);
        BodySending sending = new BodySending(this, fromKept, keptBytes, taker, lane);
        reader = sending;
        return sending;
    }

    /** Whether nothing of it is kept, but could be. */
    boolean keepsNothing() {
        return kept == null && !lost && !whole;
    }

    /**
     * Reads what the client still sends and throws it away, up to a limit, then goes on with what follows.
     *
     * @param most in bytes
     * @param then runs once, also if the client fails
     */
    void discard(long most, Runnable then) {
        Discarding discarding = new Discarding(bytes + most, then);
        synchronized (this) {
            reader = discarding;
        }
        discarding.run();
    }

    /** {@return all of it, once more, if it has come in one piece and is still there, else null} */
    synchronized Content.@Nullable Chunk again() {
        Content.Chunk all = piece;
        if (all == null) {
            return null;
        }
        all.retain();
        return Content.Chunk.asChunk(all.getByteBuffer().slice(), true, all);
    }

    /** {@return the next chunk from the client, or null; a failure for whoever is not the reader any more} */
    synchronized Content.@Nullable Chunk readFor(Reader who) {
        if (reader != who) {
            return Content.Chunk.from(new ReplacedException(), true);
        }
        if (appending) {
            return null;
        }
        Content.Chunk chunk = first;
        first = null;
        if (chunk == null) {
            Throwable failed = clientFailure;
            chunk = failed == null ? request.read() : Content.Chunk.from(failed, true);
        }
        return chunk == null ? null : noted(chunk);
    }

    private Content.Chunk noted(Content.Chunk chunk) {
        if (Content.Chunk.isFailure(chunk)) {
            clientFailure = chunk.getFailure();
            return chunk;
        }
        if (chunk instanceof Trailers with) {
            trailers = TrailerFields.endToEnd(with.getTrailers(), request.getHeaders());
        }
        SendingPace judged = pace;
        if (judged != null) {
            judged.came(chunk.remaining());
        }
        long before = bytes;
        bytes = before + chunk.remaining();
        Content.Chunk noted = chunk.isLast() ? chunk : withEnd(chunk);
        ended = noted.isLast();
        if (ended && isCutShort(bytes)) {
            noted.release();
            refusal = otherThan(request.getLength());
            return Content.Chunk.from(refusal, true);
        }
        if (bytes > limit && !(reader instanceof Discarding)) {
            noted.release();
            refusal = new BodyTooLongException(limit);
            return Content.Chunk.from(refusal, true);
        }
        return noted;
    }

    /** An HTTP/2 stream may end with its head, or with trailers, whatever length was said: Jetty counts where it ends with DATA. */
    private boolean isCutShort(long length) {
        return length < request.getLength() && request.getHeaders().contains(HttpHeader.CONTENT_LENGTH);
    }

    private HttpException.RuntimeException otherThan(long said) {
        return new HttpException.RuntimeException(
                HttpStatus.BAD_REQUEST_400, bytes + " bytes of a body whose length was said to be " + said);
    }

    /**
     * Looks whether it still has the length that a target was told, which would else take the rest for another request, or that for
     * the rest: what wraps requests may change bodies. {@return what is wrong with it, or null}
     */
    @Nullable
    Throwable flaw(long said) {
        if (said >= 0 && (bytes > said || (ended && bytes < said))) {
            refusal = otherThan(said);
            return refusal;
        }
        return null;
    }

    /** It cannot be given to anyone any more. */
    void refuse(Throwable cause) {
        refusal = cause;
    }

    /** A body with a length is known to be whole before the end of its stream is read; but its connection wants that read. */
    private Content.Chunk withEnd(Content.Chunk chunk) {
        if (bytes != request.getLength() || (mayHaveTrailers() && isEndAwaited())) {
            return chunk;
        }
        Content.Chunk end = request.read();
        if (end != null) {
            end.release();
        }
        return Content.Chunk.asChunk(chunk.getByteBuffer(), true, chunk);
    }

    private boolean isEndAwaited() {
        Reader who = reader;
        return who != null && who.takesTrailersAfterLength();
    }

    /** Whether trailers may still come after the length that the client has declared. */
    boolean mayEndWithTrailers() {
        return !ended && mayHaveTrailers();
    }

    /**
     * Over HTTP/2 trailers may follow a body with a length, too; a target over HTTP/1.1, that waits for no more, will not get them.
     * Over HTTP/3 the end of a stream may come long after its last bytes, so that nobody waits for it unless trailers are announced.
     */
    private boolean mayHaveTrailers() {
        HttpVersion version = request.getConnectionMetaData().getHttpVersion();
        return version == HttpVersion.HTTP_2
                || (version == HttpVersion.HTTP_3 && request.getHeaders().contains(HttpHeader.TRAILER));
    }

    /** Runs the task when there may be something to read for this reader, and not at all if another takes its place. */
    void demandFor(Reader who, Runnable task) {
        boolean outstanding;
        synchronized (this) {
            if (reader != who) {
                return;
            }
            if (appending) {
                afterAppend = task;
                return;
            }
            asked = true;
            outstanding = waiting != null;
            waiting = task;
        }
        if (first != null || clientFailure != null || ended) {
            available();
            return;
        }
        SendingPace judged = pace;
        if (judged != null) {
            judged.waits();
        }
        if (!outstanding) {
            request.demand(onAvailable);
        }
    }

    private void available() {
        Runnable task;
        synchronized (this) {
            task = waiting;
            waiting = null;
        }
        if (task != null) {
            task.run();
        }
    }

    /** A chunk has gone to a target. Keeps a copy if it is the next of all that is kept, and not too much; else gives up all. */
    void passed(Content.Chunk chunk, long keptBytes) {
        SpillBuffer buffer = kept;
        if (buffer == null || !keepIn(buffer, chunk, keptBytes)) {
            release();
        } else if (ended) {
            buffer.end();
        }
        if (ended) {
            outcome.bodyEnded();
        }
    }

    private static boolean keepIn(SpillBuffer buffer, Content.Chunk chunk, long most) {
        return buffer.length() + chunk.remaining() <= most
                && buffer.appendInMemory(chunk.getByteBuffer().slice());
    }

    /** A chunk is on its way into what is kept: nobody reads more until {@link #endAppend}. */
    synchronized void beginAppend() {
        appending = true;
    }

    /** {@return who has waited for the end of the append, if anyone has} */
    synchronized @Nullable Runnable endAppend() {
        appending = false;
        Runnable next = afterAppend;
        afterAppend = null;
        return next;
    }

    synchronized boolean isAppending() {
        return appending;
    }

    /** All of it has been received. */
    void becomesWhole() {
        whole = true;
        outcome.received();
    }

    synchronized boolean isReader(Reader who) {
        return reader == who;
    }

    /** This reader goes, unless another has taken its place already. */
    synchronized void leave(Reader who) {
        reader = reader == who ? NOBODY : reader;
    }

    /** Reads what nobody wants. */
    private final class Discarding implements Reader, Runnable {
        private final long until;
        private final Runnable then;

        Discarding(long until, Runnable then) {
            this.until = until;
            this.then = then;
        }

        @Override
        public void run() {
            while (!ended && clientFailure == null && bytes < until) {
                Content.Chunk chunk = readFor(this);
                if (chunk == null) {
                    demandFor(this, this);
                    return;
                }
                chunk.release();
            }
            then.run();
        }

        @Override
        public boolean takesTrailersAfterLength() {
            return false;
        }
    }

    /** Someone else reads the body now. */
    private static final class ReplacedException extends IOException {
        private static final long serialVersionUID = 1L;

        ReplacedException() {
            super("the body is read for another purpose");
        }
    }
}
