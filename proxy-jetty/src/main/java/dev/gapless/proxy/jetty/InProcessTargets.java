package dev.gapless.proxy.jetty;

import dev.gapless.proxy.TargetAddress;
import java.net.ConnectException;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * The parts of this process that a proxy may deploy as targets, each under a name. Requests reach them through memory, without a
 * port; health checks, leases and drains are those of any other target.
 *
 * <pre>{@code
 * TargetAddress next = proxy.inProcessTargets().add("shop-2", new Shop());
 * proxy.services().deploy(Deployment.builder("shop").target(next).build());
 * proxy.inProcessTargets().remove("shop-1");     // Drained, as deploy has returned.
 * }</pre>
 *
 * <p>They get HTTP/1.1, WebSockets included, and take the client's address, scheme and host from {@code X-Forwarded-For},
 * {@code -Proto} and {@code -Host}, which the proxy writes, and from nothing else. As any server of Jetty's they refuse rare paths,
 * with {@code %2F} say. Thread-safe.
 */
public final class InProcessTargets {
    private static final int MAX_THREADS = 200;

    private final Scheduler scheduler;
    private final ByteBufferPool buffers;
    private final int maxHeaderBytes;
    private final Map<String, Part> parts = new ConcurrentHashMap<>();
    private boolean stopped;

    InProcessTargets(Scheduler scheduler, ByteBufferPool buffers, int maxHeaderBytes) {
        this.scheduler = scheduler;
        this.buffers = buffers;
        this.maxHeaderBytes = maxHeaderBytes;
    }

    /**
     * Adds a handler, starts it, and gives it up to 200 threads of its own, so that it may block without holding up the proxy. It
     * is stopped when it is {@linkplain #remove removed}, or else with the proxy.
     *
     * @param name 1 to 64 letters, digits, {@code .}, {@code _} and {@code -}; one that is not in use
     * @param handler the handler, which belongs to no server
     * @return the address to deploy, {@code jvm://name}
     * @throws IllegalArgumentException if the name is none, or in use
     * @throws IllegalStateException if the handler does not start, with what it threw as the cause; or if the proxy is stopped
     */
    public synchronized TargetAddress add(String name, Handler handler) {
        TargetAddress address = checked(name);
        QueuedThreadPool threads = new QueuedThreadPool(MAX_THREADS, 1);
        threads.setName("gapless-" + name);
        threads.setDaemon(true);
        Server server = new Server(threads, null, buffers);
        server.setHandler(handler);
        InProcessConnector connector = new InProcessConnector(server, maxHeaderBytes);
        server.addConnector(connector);
        try {
            server.start();
        } catch (Exception e) {
            LifeCycle.stop(server);
            throw new IllegalStateException("target \"" + address + "\" does not start: " + e.getMessage(), e);
        }
        parts.put(name, new Part(server, connector, true));
        return address;
    }

    /**
     * Adds a server of the host's, with whatever threads and handlers it has. Starting and stopping it is the host's; as long as it
     * does not run it is as unreachable as any other target that does not listen.
     *
     * @param name 1 to 64 letters, digits, {@code .}, {@code _} and {@code -}; one that is not in use
     * @param server the server; it gets one more connector
     * @return the address to deploy, {@code jvm://name}
     * @throws IllegalArgumentException if the name is none, or in use
     * @throws IllegalStateException if the proxy is stopped
     */
    public synchronized TargetAddress add(String name, Server server) {
        TargetAddress address = checked(name);
        InProcessConnector connector = new InProcessConnector(server, maxHeaderBytes);
        server.addConnector(connector);
        if (server.isStarted()) {
            LifeCycle.start(connector);
        }
        parts.put(name, new Part(server, connector, false));
        return address;
    }

    private TargetAddress checked(String name) {
        TargetAddress address = new TargetAddress.InProcess(name);
        if (stopped) {
            throw new IllegalStateException("target \"" + address + "\" comes too late: the proxy is stopped");
        }
        if (parts.containsKey(name)) {
            throw new IllegalArgumentException(
                    "the name of target \"" + address + "\" is in use; expected none of " + names());
        }
        return address;
    }

    /**
     * Removes a target: its connections are closed, and a handler is stopped. Meant for one that is not deployed any more; requests
     * that it still has are cut, and further ones do not reach it.
     *
     * @param name what it was added as
     * @return whether there was such a target
     */
    public synchronized boolean remove(String name) {
        Part part = parts.remove(name);
        if (part != null) {
            part.end();
        }
        return part != null;
    }

    /** {@return the names of all there are, in order} */
    public Set<String> names() {
        return new TreeSet<>(parts.keySet());
    }

    /** Removes all. */
    synchronized void stop() {
        stopped = true;
        names().forEach(this::remove);
    }

    /** {@return the proxy's end of a new connection to a target} */
    MemoryPipe.ClientEnd connect(String name, int lane, Lanes lanes) throws ConnectException {
        Part part = part(name);
        if (!part.connector().isRunning()) {
            throw new ConnectException("the server of \"jvm://" + name + "\" does not run");
        }
        MemoryPipe pipe = new MemoryPipe(
                scheduler,
                lane,
                task -> lanes.execute(lane, task),
                part.connector().getExecutor(),
                "jvm://" + name);
        part.connector().accept(pipe.server());
        return pipe.client();
    }

    /** Throws if there is no such target. */
    void check(TargetAddress.InProcess address) throws ConnectException {
        part(address.name());
    }

    private Part part(String name) throws ConnectException {
        Part part = parts.get(name);
        if (part == null) {
            throw new ConnectException("nothing in this process was added as \"" + name + "\"; there is " + names());
        }
        return part;
    }

    /**
     * One target.
     *
     * @param owned whether the server was made for it
     */
    private record Part(Server server, InProcessConnector connector, boolean owned) {
        void end() {
            LifeCycle.stop(owned ? server : connector);
            if (!owned) {
                server.removeConnector(connector);
            }
        }
    }
}
