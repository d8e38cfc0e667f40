package dev.gapless.proxy.jetty;

import dev.gapless.proxy.TargetAddress;
import dev.gapless.proxy.engine.Target;
import dev.gapless.proxy.engine.TargetLifecycle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.eclipse.jetty.client.AbstractConnectionPool;
import org.eclipse.jetty.client.Connection;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Origin;
import org.eclipse.jetty.client.transport.HttpDestination;
import org.eclipse.jetty.io.AbstractEndPoint;
import org.eclipse.jetty.io.Transport;
import org.eclipse.jetty.util.component.LifeCycle;
import org.jspecify.annotations.Nullable;

/**
 * The connections to targets: for each target one pool a lane, made when first needed and closed when the target retires.
 * Thread-safe.
 */
final class TargetConnections implements TargetLifecycle {
    private static final Origin.Protocol HTTP11 = new Origin.Protocol(List.of("http/1.1"), false);

    private final HttpClient client;
    private final Lanes lanes;
    private final long keepAliveMillis;
    private final Set<PerTarget> inUse = ConcurrentHashMap.newKeySet();

    TargetConnections(HttpClient client, Lanes lanes, Duration keepAlive) {
        this.client = client;
        this.lanes = lanes;
        this.keepAliveMillis = keepAlive.toMillis();
    }

    /** {@return where to send a request for the target that came in on the lane; the caller holds a lease on the target} */
    HttpDestination destination(Target target, int lane) {
        PerTarget connections = (PerTarget) target.attachment();
        if (connections == null) {
            connections = (PerTarget) target.attachment(new PerTarget(target));
            inUse.add(connections);
            if (connections.isClosed()) {
                inUse.remove(connections);
            }
        }
        return connections.of(lane);
    }

    /** A request that was cut the moment it got its lease may still ask for a destination: it gets one that is closed. */
    @Override
    public void retired(Target target) {
        PerTarget connections = (PerTarget) target.attachment(new PerTarget(target));
        connections.close();
        inUse.remove(connections);
    }

    /**
     * Closes the connections that have been idle for so long that the target may be about to do it: each lane its own, so that
     * no request finds one missing that is only looked at.
     */
    void closeIdle() {
        for (int i = 0; i < lanes.count(); i++) {
            int lane = i;
            lanes.execute(lane, () -> inUse.forEach(connections -> connections.closeIdle(lane, keepAliveMillis)));
        }
    }

    /**
     * Closes the idle connections of one pool: one of them has turned out to be dead, so the others, which were opened at
     * about the same time, are not worth a request's try.
     */
    void distrust(Target target, int lane) {
        if (target.attachment() instanceof PerTarget connections) {
            connections.closeIdle(lane, 0);
        }
    }

    private final class PerTarget {
        private final Target target;
        private final AtomicReferenceArray<@Nullable HttpDestination> byLane =
                new AtomicReferenceArray<>(lanes.count());
        private volatile boolean closed;

        PerTarget(Target target) {
            this.target = target;
        }

        HttpDestination of(int lane) {
            HttpDestination destination = byLane.get(lane);
            return destination == null ? open(lane) : destination;
        }

        private synchronized HttpDestination open(int lane) {
            HttpDestination existing = byLane.get(lane);
            if (existing != null) {
                return existing;
            }
            TargetAddress.Tcp address = (TargetAddress.Tcp) target.address();
            Origin origin = new Origin(
                    "http",
                    new Origin.Address(address.host(), address.port()),
                    new Lanes.Tag(target, lane),
                    HTTP11,
                    Transport.TCP_IP);
            HttpDestination destination = (HttpDestination) client.resolveDestination(origin);
            byLane.set(lane, destination);
            if (closed) {
                close(destination);
            }
            return destination;
        }

        boolean isClosed() {
            return closed;
        }

        synchronized void close() {
            closed = true;
            for (int lane = 0; lane < lanes.count(); lane++) {
                HttpDestination destination = byLane.get(lane);
                if (destination != null) {
                    close(destination);
                }
            }
        }

        private void close(HttpDestination destination) {
            client.removeDestination(destination);
            LifeCycle.stop(destination);
        }

        /** Takes each idle connection out of the pool before looking at it, so that no request gets one that is closed. */
        void closeIdle(int lane, long idleMillis) {
            HttpDestination destination = byLane.get(lane);
            if (destination == null || !(destination.getConnectionPool() instanceof AbstractConnectionPool pool)) {
                return;
            }
            List<Connection> idle = new ArrayList<>();
            for (int n = pool.getIdleConnectionCount(); n > 0; n--) {
                Connection connection = pool.acquire(false);
                if (connection == null) {
                    break;
                }
                idle.add(connection);
            }
            for (Connection connection : idle) {
                if (idleFor(connection) >= idleMillis) {
                    connection.close();
                } else {
                    destination.release(connection);
                }
            }
        }

        private long idleFor(Connection connection) {
            return connection instanceof org.eclipse.jetty.io.Connection transport
                            && transport.getEndPoint() instanceof AbstractEndPoint endPoint
                    ? endPoint.getIdleFor()
                    : 0;
        }
    }
}
