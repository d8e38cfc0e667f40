package dev.gapless.proxy.jetty;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.eclipse.jetty.io.AbstractEndPoint;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * A connection between two parts of this process. Each way holds so many bytes and no more, so that whoever writes waits for
 * whoever reads; each end hears of what happens on an executor of its own.
 *
 * <p>Jetty's own pipe of this kind holds any number of bytes, which a slow client could fill the memory with, and if it is bounded
 * forgets a writer that begins to wait at the moment in which the last of its bytes is read.
 */
final class MemoryPipe {
    private static final int CAPACITY_BYTES = 64 * 1024;

    private final ClientEnd client;
    private final End server;

    /**
     * Makes a connection.
     *
     * @param scheduler for the idle times of the ends
     * @param laneIndex where the client's end belongs
     * @param lane runs what the client's end hears of
     * @param serverThreads run what the server's end hears of
     * @param name what the connection is called
     */
    MemoryPipe(Scheduler scheduler, int laneIndex, Executor lane, Executor serverThreads, String name) {
        Way toServer = new Way();
        Way toClient = new Way();
        SocketAddress address = new MemoryAddress(name);
        client = new ClientEnd(scheduler, toClient, toServer, laneIndex, lane, address);
        server = new End(scheduler, toServer, toClient, serverThreads, address);
        client.peer = server;
        server.peer = client;
    }

    ClientEnd client() {
        return client;
    }

    End server() {
        return server;
    }

    /** The bytes on their way from one end to the other. Thread-safe. */
    private static final class Way {
        // Guarded by this.
        private final Queue<ByteBuffer> pieces = new ArrayDeque<>();
        private int bytes;
        private boolean ended;
        private boolean abandoned;
        private @Nullable Throwable broken;

        /** Takes a copy of as much as there is room for. {@return whether it was anything} */
        synchronized boolean offer(ByteBuffer source) {
            int count = Math.min(source.remaining(), CAPACITY_BYTES - bytes);
            if (count <= 0) {
                return false;
            }
            ByteBuffer piece = ByteBuffer.allocate(count);
            int limit = source.limit();
            piece.put(source.limit(source.position() + count)).flip();
            source.limit(limit);
            pieces.add(piece);
            bytes += count;
            return true;
        }

        /** {@return how many bytes were put into the buffer, which is in the mode to be filled; -1 at the end} */
        synchronized int take(ByteBuffer buffer) throws IOException {
            int taken = 0;
            for (ByteBuffer piece = pieces.peek(); piece != null && buffer.hasRemaining(); piece = pieces.peek()) {
                int count = Math.min(piece.remaining(), buffer.remaining());
                buffer.put(buffer.position(), piece, piece.position(), count).position(buffer.position() + count);
                piece.position(piece.position() + count);
                taken += count;
                if (!piece.hasRemaining()) {
                    pieces.remove();
                }
            }
            bytes -= taken;
            if (taken == 0 && broken != null) {
                throw new IOException("the other end broke off", broken);
            }
            return taken == 0 && ended ? -1 : taken;
        }

        synchronized boolean isReadable() {
            return bytes > 0 || ended;
        }

        synchronized boolean isWritable() {
            return bytes < CAPACITY_BYTES || abandoned;
        }

        synchronized boolean isAbandoned() {
            return abandoned;
        }

        /** No more will be written. */
        synchronized void end(@Nullable Throwable cause) {
            if (!ended) {
                ended = true;
                broken = cause;
            }
        }

        /** No more will be read. */
        synchronized void abandon() {
            abandoned = true;
            pieces.clear();
            bytes = 0;
        }
    }

    /** One of the two ends. */
    static class End extends AbstractEndPoint {
        private final Way incoming;
        private final Way outgoing;
        private final Executor events;
        private final SocketAddress address;

        @Nullable
        End peer;

        private End(Scheduler scheduler, Way incoming, Way outgoing, Executor events, SocketAddress address) {
            super(scheduler);
            this.incoming = incoming;
            this.outgoing = outgoing;
            this.events = events;
            this.address = address;
        }

        @Override
        public int fill(ByteBuffer buffer) throws IOException {
            if (isInputShutdown()) {
                return -1;
            }
            int position = BufferUtil.flipToFill(buffer);
            try {
                int filled = incoming.take(buffer);
                if (filled > 0) {
                    notIdle();
                    tellWriter();
                } else if (filled < 0) {
                    shutdownInput();
                }
                return filled;
            } finally {
                BufferUtil.flipToFlush(buffer, position);
            }
        }

        @Override
        public boolean flush(ByteBuffer... buffers) throws IOException {
            if (isOutputShutdown()) {
                throw new IOException("the end is closed");
            }
            if (outgoing.isAbandoned()) {
                return flushInVain(buffers);
            }
            boolean flushed = false;
            boolean whole = true;
            for (ByteBuffer buffer : buffers) {
                flushed |= outgoing.offer(buffer);
                whole &= !buffer.hasRemaining();
            }
            if (flushed) {
                notIdle();
                tellReader();
            }
            return whole;
        }

        /** The other end reads no more. */
        boolean flushInVain(ByteBuffer... buffers) throws IOException {
            throw new EOFException("the other end is closed");
        }

        /** It may have become readable just before there was an interest in that. */
        @Override
        protected void needsFillInterest() {
            if (incoming.isReadable()) {
                hear(getFillInterest()::fillable);
            }
        }

        /** There may be room since just before the writer began to wait for it. */
        @Override
        protected void onIncompleteFlush() {
            if (outgoing.isWritable()) {
                hear(getWriteFlusher()::completeWrite);
            }
        }

        private void tellReader() {
            End reader = peer;
            if (reader != null && reader.isFillInterested()) {
                reader.hear(reader.getFillInterest()::fillable);
            }
        }

        private void tellWriter() {
            End writer = peer;
            if (writer != null && writer.getWriteFlusher().isPending()) {
                writer.hear(writer.getWriteFlusher()::completeWrite);
            }
        }

        @Override
        protected void doShutdownOutput() {
            outgoing.end(null);
            tellReader();
        }

        @Override
        public void onClose(@Nullable Throwable failure) {
            outgoing.end(failure);
            incoming.abandon();
            tellReader();
            tellWriter();
            super.onClose(failure);
            Connection connection = getConnection();
            if (connection != null) {
                hear(() -> connection.onClose(failure));
            }
        }

        /** Has an event heard of; at once if the threads for that are gone, as their server has been stopped. */
        private void hear(Runnable event) {
            try {
                events.execute(event);
            } catch (RejectedExecutionException e) {
                event.run();
            }
        }

        @Override
        public @Nullable Object getTransport() {
            return null;
        }

        @Override
        public SocketAddress getLocalSocketAddress() {
            return address;
        }

        @Override
        public SocketAddress getRemoteSocketAddress() {
            return address;
        }
    }

    /** The end of who asks. What it writes and nobody reads is lost in silence: there may be an answer to be read all the same. */
    static final class ClientEnd extends End implements Laned {
        private final int laneIndex;
        private final Executor lane;

        private ClientEnd(
                Scheduler scheduler, Way incoming, Way outgoing, int laneIndex, Executor lane, SocketAddress address) {
            super(scheduler, incoming, outgoing, lane, address);
            this.laneIndex = laneIndex;
            this.lane = lane;
        }

        @Override
        public int lane() {
            return laneIndex;
        }

        @Override
        public void execute(Runnable task) {
            lane.execute(task);
        }

        @Override
        boolean flushInVain(ByteBuffer... buffers) {
            for (ByteBuffer buffer : buffers) {
                BufferUtil.clear(buffer);
            }
            return true;
        }
    }

    /** What such a connection has in place of an address. */
    private static final class MemoryAddress extends SocketAddress {
        private static final long serialVersionUID = 1L;

        private final String name;

        MemoryAddress(String name) {
            this.name = name;
        }

        @Override
        public String toString() {
            return name;
        }
    }
}
