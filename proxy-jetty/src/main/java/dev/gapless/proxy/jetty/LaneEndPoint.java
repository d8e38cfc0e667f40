package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * A connection that belongs to a lane, on either side of the proxy.
 *
 * <p>It saves the reads that cannot find anything: once a read has not filled its buffer, the socket is not asked again
 * before the selector says that there is something. Selection is level-triggered, so what arrives in between is not missed.
 *
 * <p>Nor does it read on when the lane's {@linkplain LaneTask turn} is over: there is nothing for the moment then, and the
 * selector comes back to it after all the others.
 */
class LaneEndPoint extends SocketChannelEndPoint implements Laned {
    private final Lane lane;
    private final int index;
    private volatile boolean readable = true;
    private volatile boolean broken;

    LaneEndPoint(SocketChannel channel, Lane lane, SelectionKey key, Scheduler scheduler, int index) {
        super(channel, lane, key, scheduler);
        this.lane = lane;
        this.index = index;
    }

    @Override
    public final void execute(Runnable task) {
        LaneTask later = new LaneTask(lane, task);
        lane.submit(selected -> later.run());
    }

    /**
     * Runs a task on the lane's thread, at the end of its {@linkplain Lane round} if this is the lane's thread, and else after what
     * that does now.
     */
    final void putOff(Runnable task) {
        if (LaneTask.isUnderWay(lane)) {
            lane.putOff(task);
        } else {
            execute(task);
        }
    }

    @Override
    public final int lane() {
        return index;
    }

    final boolean isOf(Lane[] lanes) {
        return index < lanes.length && lanes[index] == lane;
    }

    @Override
    public @Nullable Runnable onSelected() {
        readable = true;
        Runnable task = super.onSelected();
        return task == null ? null : new LaneTask(lane, task);
    }

    @Override
    public int fill(ByteBuffer buffer) throws IOException {
        if ((!readable || !LaneTask.admitsRead()) && isOpen() && !isInputShutdown()) {
            return 0;
        }
        int space = BufferUtil.space(buffer);
        int filled = read(buffer);
        if (filled < space) {
            readable = false;
        }
        return filled;
    }

    /** As the superclass does it, but that it remembers a break. */
    private int read(ByteBuffer buffer) {
        if (isInputShutdown()) {
            return -1;
        }
        int position = BufferUtil.flipToFill(buffer);
        try {
            int filled = getChannel().read(buffer);
            if (filled > 0) {
                notIdle();
            } else if (filled < 0) {
                shutdownInput();
            }
            return filled;
        } catch (IOException e) {
            breaks();
            shutdownInput();
            return -1;
        } finally {
            BufferUtil.flipToFlush(buffer, position);
        }
    }

    /** A read or a write has found the connection reset. The system tells of that only once, whoever asks next finds an end. */
    final void breaks() {
        broken = true;
    }

    @Override
    public void write(Callback callback, ByteBuffer... buffers) {
        super.write(GatheringWrite.of(this, callback), buffers);
    }

    /** Whether the end that reading has found was no proper one, but a reset. */
    final boolean isBroken() {
        return broken;
    }
}
