package dev.gapless.proxy.jetty;

import dev.gapless.proxy.TargetAddress;
import dev.gapless.proxy.TargetTls;
import dev.gapless.proxy.engine.Target;
import dev.gapless.proxy.engine.TargetLifecycle;
import dev.gapless.proxy.jetty.tls.TargetSsl;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
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
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;

/**
 * The connections to targets: for each target one pool a lane, made when first needed and closed when the target retires.
 * Thread-safe.
 */
final class TargetConnections implements TargetLifecycle {
    /**
     * Named here so that one thread initializes Jetty's class: its constants are of a class that implements it, and where two
     * threads begin with one of these each, as lanes would, both wait for the other for ever.
     */
    private static final Transport TCP = Transport.TCP_IP;

    private final HttpClient client;
    private final Lanes lanes;
    private final InProcessTargets inProcess;
    private final long keepAliveMillis;
    private final Optional<SslContextFactory.Client> hostsSsl;
    private final Set<PerTarget> inUse = ConcurrentHashMap.newKeySet();

    /**
     * Makes one without connections.
     *
     * @param keepAlive how long a connection may be idle
     * @param hostsSsl TLS of the host's, for targets whose deployments say nothing of it
     */
    TargetConnections(
            HttpClient client,
            Lanes lanes,
            InProcessTargets inProcess,
            Duration keepAlive,
            Optional<SslContextFactory.Client> hostsSsl) {
        this.client = client;
        this.lanes = lanes;
        this.inProcess = inProcess;
        this.keepAliveMillis = keepAlive.toMillis();
        this.hostsSsl = hostsSsl;
    }

    @Override
    public void prepare(List<Target> targets, TargetTls tls) {
        List<Target> secure =
                targets.stream().filter(TargetConnections::isSecure).toList();
        if (!secure.isEmpty()) {
            TargetSsl ssl = TargetSsl.of(tls, hostsSsl);
            secure.forEach(target -> target.attachment(new PerTarget(target, ssl)));
        }
    }

    private static boolean isSecure(Target target) {
        return target.address().protocol() == TargetAddress.Protocol.HTTPS;
    }

    /** {@return where to send a request for the target that came in on the lane; the caller holds a lease on the target} */
    HttpDestination destination(Target target, int lane) {
        return of(target).requests.of(lane);
    }

    /**
     * {@return where to send a request that may turn its connection into a tunnel, as {@link #destination}; null if the target
     * speaks HTTP/2 only, where there is no such thing} Connections from there speak HTTP/1.1.
     */
    @Nullable
    HttpDestination tunnelDestination(Target target, int lane) {
        PerLane tunnels = of(target).tunnels;
        return tunnels == null ? null : tunnels.of(lane);
    }

    private PerTarget of(Target target) {
        PerTarget connections = (PerTarget) target.attachment();
        return connections == null
                ? (PerTarget) target.attachment(new PerTarget(target, null)) // It needs no preparation.
                : connections;
    }

    /** A request that was cut the moment it got its lease may still ask for a destination: it gets one that is closed. */
    @Override
    public void retired(Target target) {
        of(target).close();
    }

    /**
     * {@return where to ask a target for its health, with no connection yet; the caller {@linkplain #close closes} it}
     *
     * @param target the target
     * @param asked its address, maybe with another port
     */
    HttpDestination probeDestination(Target target, TargetAddress asked) {
        Object unique = new Object();
        return (HttpDestination)
                client.resolveDestination(origin(asked, new Lanes.Tag(unique, Lanes.ANY, of(target).ssl), false));
    }

    /** Closes a destination with its connections. */
    void close(HttpDestination destination) {
        client.removeDestination(destination);
        LifeCycle.stop(destination);
    }

    private Origin origin(TargetAddress address, Lanes.Tag tag, boolean tunnel) {
        if (address instanceof TargetAddress.Tcp tcp) {
            boolean secure = tcp.protocol() == TargetAddress.Protocol.HTTPS;
            return new Origin(
                    secure ? "https" : "http",
                    new Origin.Address(tcp.host(), tcp.port()),
                    tag,
                    protocol(tcp.protocol(), tunnel),
                    TCP);
        }
        Transport transport = address instanceof TargetAddress.Unix unix
                ? new Transport.TCPUnix(Path.of(unix.path()))
                : new InProcessTransport(((TargetAddress.InProcess) address).name(), inProcess, lanes);
        return new Origin("http", new Origin.Address("localhost", 80), tag, TargetTransport.HTTP11, transport);
    }

    private static Origin.Protocol protocol(TargetAddress.Protocol protocol, boolean tunnel) {
        return switch (protocol) {
            case HTTP -> TargetTransport.HTTP11;
            case HTTPS -> tunnel ? TargetTransport.HTTP11_ONLY : TargetTransport.EITHER;
            case H2C -> TargetTransport.H2C;
        };
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

    /** The connections to one target. */
    private final class PerTarget {
        private final @Nullable TargetSsl ssl;
        private final PerLane requests;
        private final @Nullable PerLane tunnels;
        private boolean closed;

        PerTarget(Target target, @Nullable TargetSsl ssl) {
            TargetAddress address = target.address();
            this.ssl = ssl;
            this.requests = new PerLane(this, target, false);
            this.tunnels = switch (address.protocol()) {
                case HTTP -> requests;
                case HTTPS -> new PerLane(this, target, true);
                case H2C -> null;
            };
        }

        /** Makes a destination, which is closed if the target has retired. */
        synchronized HttpDestination open(Origin origin) {
            HttpDestination destination = (HttpDestination) client.resolveDestination(origin);
            if (closed) {
                TargetConnections.this.close(destination);
            } else {
                inUse.add(this);
            }
            return destination;
        }

        synchronized void close() {
            closed = true;
            inUse.remove(this);
            requests.close();
            if (tunnels != null && tunnels != requests) {
                tunnels.close();
            }
        }

        void closeIdle(int lane, long idleMillis) {
            requests.closeIdle(lane, idleMillis);
            if (tunnels != null && tunnels != requests) {
                tunnels.closeIdle(lane, idleMillis);
            }
        }
    }

    /** Those for one purpose, lane by lane. */
    private final class PerLane {
        private final PerTarget owner;
        private final Target target;
        private final boolean tunnel;
        private final AtomicReferenceArray<@Nullable HttpDestination> byLane =
                new AtomicReferenceArray<>(lanes.count());

        PerLane(PerTarget owner, Target target, boolean tunnel) {
            this.owner = owner;
            this.target = target;
            this.tunnel = tunnel;
        }

        HttpDestination of(int lane) {
            HttpDestination destination = byLane.get(lane);
            return destination == null ? open(lane) : destination;
        }

        private HttpDestination open(int lane) {
            synchronized (owner) {
                HttpDestination destination = byLane.get(lane);
                if (destination == null) {
                    destination = owner.open(origin(target.address(), new Lanes.Tag(target, lane, owner.ssl), tunnel));
                    byLane.set(lane, destination);
                }
                return destination;
            }
        }

        void close() {
            for (int lane = 0; lane < lanes.count(); lane++) {
                HttpDestination destination = byLane.get(lane);
                if (destination != null) {
                    TargetConnections.this.close(destination);
                }
            }
        }

        void closeIdle(int lane, long idleMillis) {
            HttpDestination destination = byLane.get(lane);
            if (destination == null) {
                return;
            }
            if (destination.getConnectionPool() instanceof SharedConnectionPool shared) {
                shared.closeIdle(idleMillis);
            } else if (destination.getConnectionPool() instanceof AbstractConnectionPool pool) {
                closeIdle(destination, pool, idleMillis);
            }
        }

        /** Takes each idle connection out of the pool before looking at it, so that no request gets one that is closed. */
        private void closeIdle(HttpDestination destination, AbstractConnectionPool pool, long idleMillis) {
            List<Connection> idle = new ArrayList<>();
            for (int n = pool.getIdleConnectionCount(); n > 0; n--) {
                Connection connection = pool.acquire(false);
                if (connection == null) {
                    break;
                }
                idle.add(connection);
            }
            Collections.reverse(idle); // What was used last is to be the first to be used again.
            for (Connection connection : idle) {
                if (idleFor(connection) >= idleMillis) {
                    connection.close();
                } else {
                    destination.release(connection);
                }
            }
        }
    }

    private static long idleFor(Connection connection) {
        return connection instanceof org.eclipse.jetty.io.Connection transport
                        && Lanes.unwrapped(transport.getEndPoint()) instanceof AbstractEndPoint endPoint
                ? endPoint.getIdleFor()
                : 0;
    }
}
