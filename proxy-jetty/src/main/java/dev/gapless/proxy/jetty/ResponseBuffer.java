package dev.gapless.proxy.jetty;

import dev.gapless.proxy.buffer.BufferException;
import dev.gapless.proxy.buffer.BufferSpace;
import dev.gapless.proxy.buffer.SpillBuffer;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.Executor;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.thread.Invocable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The body of a response that is withheld until it is whole: taken in from the target as fast as it comes, then given to the
 * client's side as fast as that takes it. Where it cannot be taken in, for want of disk space say, it streams from there on.
 * Used on one lane; a body that comes in a few parts is passed without a copy.
 */
final class ResponseBuffer implements Content.Source, SpillBuffer.AppendResult {
    private static final Logger LOG = LoggerFactory.getLogger(ResponseBuffer.class);

    /** How many parts may stay as they came. */
    private static final int MAX_LOOSE = 4;

    /** How much memory a part may keep from being used again, however little of it is content. */
    private static final long LOOSE_BYTES = Clients.RESPONSE_BUFFER_BYTES;

    private enum State {
        /** The target is still writing. WHOLE, STREAMING or FAILED follows. */
        WITHHELD,
        /** The target has written all. */
        WHOLE,
        /** What is in the buffer goes first, the rest comes from the target. */
        STREAMING,
        /** The target's body broke off. */
        FAILED
    }

    private final Content.Source target;
    private final BufferSpace space;
    private final long memoryLimit;
    private final Executor lane;
    private final Runnable onWhole;
    private final Runnable onAvailable = Invocable.from(Invocable.InvocationType.NON_BLOCKING, this::goOn);
    private volatile State state = State.WITHHELD;
    private volatile boolean released;
    /** The client's side has all parts that came and are in no buffer. */
    private volatile boolean taken;

    private volatile @Nullable SpillBuffer buffer;
    private @Nullable SpillSource content;
    /** What has been read from the target and is in no buffer. */
    private final Deque<Content.Chunk> loose = new ArrayDeque<>(MAX_LOOSE);

    private long looseBytes;
    /** How many of them, besides the first, have their memory reserved. */
    private int reserved;

    private boolean lastRead;
    private boolean appending;
    private @Nullable Throwable failure;
    private @Nullable Runnable waiting;

    /**
     * Makes a buffer.
     *
     * @param space opens the buffer, if one is needed
     * @param memoryLimit how many bytes stay in memory
     * @param lane where it goes on after it has waited for a file
     * @param onWhole called when the target has written all
     */
    ResponseBuffer(Content.Source target, BufferSpace space, long memoryLimit, Executor lane, Runnable onWhole) {
        this.target = target;
        this.space = space;
        this.memoryLimit = memoryLimit;
        this.lane = lane;
        this.onWhole = onWhole;
    }

    /** Whether nothing may be written to the client yet, not even the head: a file may yet turn out to be unreadable. */
    boolean isWithheld() {
        SpillSource from = content;
        return state == State.WITHHELD || (from != null && !from.isExhausted());
    }

    /** Whether the target's body has been read to its proper end. */
    boolean isWhole() {
        return state == State.WHOLE;
    }

    @Override
    public Content.@Nullable Chunk read() {
        if (state == State.WITHHELD) {
            takeIn();
        }
        return state == State.WITHHELD ? null : next();
    }

    private Content.@Nullable Chunk next() {
        SpillSource from = content;
        if (from != null && !from.isExhausted()) {
            return from.read();
        }
        Content.Chunk next = loose.poll();
        if (next != null) {
            settle();
            taken = loose.isEmpty();
            return next;
        }
        return switch (state) {
            case STREAMING -> target.read();
            case FAILED -> Content.Chunk.from(Objects.requireNonNull(failure), true);
            default -> Content.Chunk.EOF;
        };
    }

    /** Takes in what there is by now: a few parts as they are, which saves a copy, more of them in a buffer. */
    private void takeIn() {
        while (state == State.WITHHELD && !appending) {
            Content.Chunk chunk = target.read();
            if (chunk == null) {
                writeGathered();
                return;
            }
            if (Content.Chunk.isFailure(chunk)) {
                failure = chunk.getFailure();
                state = State.FAILED;
                drop();
                return;
            }
            boolean staysLoose = add(chunk) && buffer == null;
            if (!staysLoose) {
                append();
            } else if (lastRead) {
                becomeWhole();
            }
        }
    }

    /** {@return whether it may stay as it is} The first part may, like one that streams. */
    private boolean add(Content.Chunk chunk) {
        lastRead = chunk.isLast();
        if (!chunk.hasRemaining() && !loose.isEmpty()) {
            chunk.release(); // The end, apart from the content.
            return true;
        }
        loose.add(chunk);
        looseBytes += chunk.remaining();
        if (loose.size() == 1) {
            return true;
        }
        boolean few = loose.size() <= MAX_LOOSE && looseBytes <= memoryLimit;
        if (!few || !space.takeMemory(LOOSE_BYTES)) {
            return false;
        }
        reserved++;
        return true;
    }

    /** Gives back what was reserved for parts that are not held here any more. */
    private void settle() {
        for (; reserved > 0 && reserved >= loose.size(); reserved--) {
            space.giveMemory(LOOSE_BYTES);
        }
    }

    /** The target may pause for long. */
    private void writeGathered() {
        SpillBuffer into = buffer;
        if (into != null && into.hasGathered()) {
            loose.add(Content.Chunk.EMPTY);
            append();
        }
    }

    private void append() {
        SpillBuffer into = opened();
        while (!loose.isEmpty()) {
            ByteBuffer bytes = loose.element().getByteBuffer();
            boolean gathered = !lastRead && into.gather(bytes);
            if (!gathered && !into.append(bytes, this)) {
                appending = true;
                return;
            }
            loose.remove().release();
        }
        settle();
        if (lastRead) {
            becomeWhole();
        }
    }

    private SpillBuffer opened() {
        SpillBuffer into = buffer;
        if (into == null) {
            into = space.open(memoryLimit);
            buffer = into;
            if (released) {
                into.release();
            }
        }
        return into;
    }

    private void becomeWhole() {
        SpillBuffer from = buffer;
        if (from == null) {
            Content.Chunk end = loose.removeLast();
            loose.add(end.isLast() ? end : Content.Chunk.asChunk(end.getByteBuffer(), true, end));
        } else {
            from.end();
            content = new SpillSource(from, lane);
        }
        state = State.WHOLE;
        onWhole.run();
    }

    @Override
    public void appended() {
        lane.execute(() -> {
            appending = false;
            loose.remove().release();
            append();
            goOn();
        });
    }

    /** What was not taken in goes on as it is. */
    @Override
    public void failed(BufferException cause) {
        lane.execute(() -> {
            appending = false;
            if (released) {
                drop();
                return;
            }
            LOG.warn("A response that should be buffered is streamed: {}", cause.getMessage());
            loose.removeIf(part -> part == Content.Chunk.EMPTY);
            content = new SpillSource(opened(), lane);
            state = State.STREAMING;
            goOn();
        });
    }

    private void goOn() {
        if (state == State.WITHHELD) {
            takeIn();
        }
        if (state != State.WITHHELD) {
            Runnable task = waiting;
            waiting = null;
            if (task != null) {
                task.run();
            }
        } else if (!appending) {
            target.demand(onAvailable);
        }
    }

    @Override
    public void demand(Runnable task) {
        SpillSource from = content;
        if (state == State.WITHHELD) {
            waiting = task;
            if (!appending) {
                target.demand(onAvailable);
            }
        } else if (from != null && !from.isExhausted()) {
            from.demand(task);
        } else if (state == State.STREAMING && loose.isEmpty()) {
            target.demand(task);
        } else {
            task.run();
        }
    }

    @Override
    public void fail(Throwable cause) {
        target.fail(cause);
    }

    /** Gives everything up; may be called by any thread. */
    void release() {
        released = true;
        SpillBuffer into = buffer;
        if (into != null) {
            into.release();
        }
        boolean empty = state == State.WHOLE && (taken || into != null);
        if (!empty) {
            lane.execute(this::drop);
        }
    }

    private void drop() {
        if (!appending) {
            loose.forEach(Content.Chunk::release);
            loose.clear();
            settle();
        }
    }
}
