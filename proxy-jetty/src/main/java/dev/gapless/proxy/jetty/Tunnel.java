package dev.gapless.proxy.jetty;

import dev.gapless.proxy.TunnelOptions;
import dev.gapless.proxy.engine.Decision;
import dev.gapless.proxy.engine.Lease;
import java.io.EOFException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/**
 * What is left of a request once both sides speak another protocol than HTTP: two ends, and the bytes that flow between them.
 *
 * <pre>
 *   client ◄─► TunnelEnd ──── TunnelFlow ───► TunnelEnd ◄─► target
 *                        ◄─── TunnelFlow ────
 *                             (WebSocketFrames)
 * </pre>
 *
 * <p>It ends when both directions have ended, one after the other, or with the first that breaks off; when nothing has passed
 * for the idle time; or with its lease. It holds the lease of the request that it was, so that a drain waits for it. A
 * WebSocket is told of the drain by a close frame, which its client answers to the target: the two then close as if the target
 * had said it.
 */
final class Tunnel {
    /** Hears of the end, once. */
    interface Outcome {
        /**
         * Nothing passes any more, and both connections are closed.
         *
         * @param ended the tunnel
         * @param cause what ended it; null if both sides were done
         */
        void tunnelEnded(Tunnel ended, @Nullable Throwable cause);
    }

    /** The longest that a WebSocket half closed stays so in silence: nobody has anything to say any more. */
    private static final long HALF_CLOSED_NANOS = 30_000_000_000L;

    /** How long the server may take to hand the client's connection over: what it owes to a client that is gone may stay out. */
    private static final long HANDOVER_NANOS = 5_000_000_000L;

    private final DataPlane plane;
    private final Lease lease;
    private final Outcome outcome;
    private final boolean webSocket;
    private final long idleNanos;
    private final TunnelEnd client;
    private final TunnelEnd target;
    private final TunnelFlow toTarget;
    private final TunnelFlow toClient;
    private final EndPoint targetEndPoint;
    private final AtomicInteger openEnds = new AtomicInteger(2);
    private final AtomicInteger openFlows = new AtomicInteger(2);
    private final AtomicBoolean over = new AtomicBoolean();
    private volatile long lastMove;

    /** Makes a tunnel, through which bytes pass once both its ends have been taken over. */
    Tunnel(
            DataPlane plane,
            Decision.Forward forward,
            ProtocolSwitch granted,
            Request request,
            EndPoint targetEndPoint,
            Outcome outcome) {
        this.plane = plane;
        this.lease = forward.lease();
        this.outcome = outcome;
        this.webSocket = granted.isWebSocket();
        this.targetEndPoint = targetEndPoint;
        TunnelOptions options = forward.service().options().tunnels();
        this.idleNanos = options.idleTime().toNanos();
        Executor executor = request.getComponents().getExecutor();
        ByteBufferPool buffers = request.getComponents().getByteBufferPool();
        Events events = new Events();
        client =
                new TunnelEnd(request.getTunnelSupport().getEndPoint(), executor, LanedRequest.laneOf(request), events);
        target = new TunnelEnd(targetEndPoint, executor, Runnable::run, events);
        toTarget = new TunnelFlow(client, target, buffers, null, 0, events);
        toClient = new TunnelFlow(
                target, client, buffers, webSocket ? new WebSocketFrames() : null, options.closeCode(), events);
    }

    /** {@return the client's end, for the server to upgrade its connection to} */
    Connection clientEnd() {
        return client;
    }

    long bytesToTarget() {
        return toTarget.bytes();
    }

    long bytesToClient() {
        return toClient.bytes();
    }

    /** The server has handed the client's connection over, unless its client was gone by then. */
    void handedOver() {
        if (!client.isOpen()) {
            end(new EOFException("the client left before its request was granted"));
        }
    }

    /** Takes the target's connection over. Nothing passes before the client's is there, too. */
    void takeTarget() {
        expectBy(plane.time().nanoTime() + HANDOVER_NANOS, this::handedOver);
        targetEndPoint.upgrade(target);
    }

    private void begin() {
        lastMove = plane.time().nanoTime();
        expectMove();
        lease.onDrain(() -> Lanes.execute(targetEndPoint, toClient::leave));
        toClient.iterate();
        toTarget.iterate();
    }

    private void expectMove() {
        expectBy(lastMove + patienceNanos(), this::checkIdle);
    }

    /** Has the lane look then: an end over HTTP/2 must not be closed while it is being read. */
    private void expectBy(long nanoTime, Runnable look) {
        lease.expireAt(nanoTime, () -> Lanes.execute(targetEndPoint, look));
    }

    private long patienceNanos() {
        return webSocket && openFlows.get() < 2 ? Math.min(idleNanos, HALF_CLOSED_NANOS) : idleNanos;
    }

    private void checkIdle() {
        if (over.get()) {
            return;
        }
        if (plane.time().nanoTime() - lastMove >= patienceNanos()) {
            end(new TimeoutException("nothing has passed for the idle time of a tunnel"));
        } else {
            expectMove();
        }
    }

    /** Breaks the tunnel off after what its lane has to do before: to tell of a drain that has no time, say. */
    void cut(Throwable cause) {
        Lanes.execute(targetEndPoint, () -> end(cause));
    }

    /** Breaks the tunnel off, on either side. */
    void end(@Nullable Throwable cause) {
        if (!over.compareAndSet(false, true)) {
            return;
        }
        lease.neverExpire();
        client.end(cause);
        target.end(cause);
        outcome.tunnelEnded(this, cause);
    }

    private TunnelFlow from(TunnelEnd end) {
        return end == client ? toTarget : toClient;
    }

    private TunnelFlow into(TunnelEnd end) {
        return end == client ? toClient : toTarget;
    }

    private final class Events implements TunnelEnd.Listener, TunnelFlow.Listener {
        @Override
        public void opened(TunnelEnd end) {
            if (over.get()) {
                end.end(new EOFException("the tunnel had ended before"));
            } else if (openEnds.decrementAndGet() == 0) {
                begin();
            }
        }

        @Override
        public void readable(TunnelEnd end) {
            from(end).iterate();
        }

        @Override
        public void closed(TunnelEnd end, @Nullable Throwable cause) {
            boolean both = cause == null && into(end).isAtEnd();
            if (both) {
                from(end).iterate(); // It has closed itself as its end was read, too, which the flow will see.
            } else {
                end(cause == null ? new EOFException("the connection was closed") : cause);
            }
        }

        @Override
        public void moved() {
            lastMove = plane.time().nanoTime();
        }

        @Override
        public void ended() {
            if (openFlows.decrementAndGet() == 0) {
                end(null);
            } else if (client.isBroken() || target.isBroken()) {
                unheard();
            } else if (webSocket) {
                moved();
                expectMove();
            }
        }

        /** Who hears what was said before finds out, too, and ends the tunnel: if nobody does, it ends here. */
        @Override
        public void unheard() {
            if (openFlows.get() < 2) {
                end(new EofException("the connection was reset"));
            }
        }

        @Override
        public void broke(Throwable cause) {
            end(cause);
        }
    }
}
