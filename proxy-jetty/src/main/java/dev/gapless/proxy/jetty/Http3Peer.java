package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import org.eclipse.jetty.io.AbstractEndPoint;
import org.eclipse.jetty.io.DatagramChannelEndPoint;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * A client on the UDP socket, of which no other knows: what goes wrong with one, be it by its own packets, ends that one alone.
 * (Jetty's own way, one connection for the whole socket, cuts all clients, and then is deaf, once a packet of any is refused.)
 *
 * <p>It stays where it has proved to be. Jetty answers there only, but takes the sender of any datagram for the client's address
 * before it knows whether the datagram is the client's: anybody could give himself out for another.
 */
final class Http3Peer extends AbstractEndPoint {
    /** Datagrams that wait to be read. What comes beyond that is lost, as it may be on the way. */
    private static final int MOST_WAITING = 512;

    private final DatagramChannelEndPoint socket;
    private final Executor executor;
    private final long idleMillis;
    private final long begun;
    private final Queue<ByteBuffer> waiting = new ArrayDeque<>();
    /** How many datagrams may wait besides, of all clients. */
    private final Semaphore room;

    private final SocketAddress address;
    private volatile boolean established;
    private boolean over;
    private @Nullable IOException end;

    Http3Peer(
            Scheduler scheduler,
            DatagramChannelEndPoint socket,
            Executor executor,
            long idleMillis,
            Semaphore room,
            SocketAddress address,
            long nanoTime) {
        super(scheduler);
        this.socket = socket;
        this.executor = executor;
        this.idleMillis = idleMillis;
        this.room = room;
        this.address = address;
        this.begun = nanoTime;
    }

    /** A datagram has come for it. */
    void arrive(byte[] bytes, SocketAddress from) {
        if (!from.equals(address)) {
            return;
        }
        synchronized (waiting) {
            if (over || waiting.size() >= MOST_WAITING || !room.tryAcquire()) {
                return;
            }
            waiting.add(ByteBuffer.wrap(bytes));
        }
        tellReader();
    }

    /** Ends it: Jetty gives up a connection that cannot be read, whatever became of it so far. */
    void end(String reason) {
        synchronized (waiting) {
            discard();
            end = new IOException(reason);
        }
        tellReader();
    }

    /** Nothing is read any more, as Jetty has given it up. */
    void discard() {
        synchronized (waiting) {
            over = true;
            room.release(waiting.size());
            waiting.clear();
        }
    }

    private void tellReader() {
        if (isFillInterested()) {
            executor.execute(getFillInterest()::fillable);
        }
    }

    /** Its handshake is over. */
    void establish() {
        established = true;
    }

    /** {@return whether it takes longer for its handshake} */
    boolean isSlower(long nanos, long nanoTime) {
        return !established && nanoTime - begun > nanos;
    }

    @Override
    public @Nullable SocketAddress receive(ByteBuffer buffer) throws IOException {
        ByteBuffer next;
        synchronized (waiting) {
            if (end != null) {
                throw end;
            }
            next = waiting.poll();
        }
        if (next == null) {
            return null;
        }
        room.release();
        int position = BufferUtil.flipToFill(buffer);
        BufferUtil.put(next, buffer);
        BufferUtil.flipToFlush(buffer, position);
        return address;
    }

    @Override
    protected void needsFillInterest() {
        boolean isReadable;
        synchronized (waiting) {
            isReadable = end != null || !waiting.isEmpty();
        }
        if (isReadable) {
            executor.execute(getFillInterest()::fillable);
        }
    }

    /**
     * Sends at once, or never: what the socket cannot take now is lost, as it may be on the way, and is sent again by the library.
     */
    @Override
    public void write(Callback callback, SocketAddress to, ByteBuffer... buffers) {
        try {
            socket.send(to, buffers);
        } catch (IOException e) {
            if (!socket.isOpen()) {
                callback.failed(e);
                return;
            }
        }
        callback.succeeded();
    }

    /** {@return for how long a connection may be silent} That is not for this end to judge, but for the connection. */
    @Override
    public long getIdleTimeout() {
        return idleMillis;
    }

    @Override
    public SocketAddress getLocalSocketAddress() {
        return socket.getLocalSocketAddress();
    }

    @Override
    public SocketAddress getRemoteSocketAddress() {
        return address;
    }

    @Override
    public Object getTransport() {
        return socket.getTransport();
    }

    @Override
    protected void onIncompleteFlush() {
        throw new IllegalStateException("nothing is ever left to be sent");
    }
}
