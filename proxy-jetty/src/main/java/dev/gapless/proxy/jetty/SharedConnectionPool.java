package dev.gapless.proxy.jetty;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.client.Connection;
import org.eclipse.jetty.client.ConnectionPool;
import org.eclipse.jetty.client.transport.HttpDestination;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.http2.HTTP2Session;
import org.eclipse.jetty.util.Attachable;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Promise;
import org.eclipse.jetty.util.component.AbstractLifeCycle;
import org.jspecify.annotations.Nullable;

/**
 * Connections each of which several requests may share, as many as the target allows; one over HTTP/1.1, where a target that
 * could have had HTTP/2 has chosen that, takes one at a time. Thread-safe.
 *
 * <pre>
 *   newConnection ─► open ─► use ─► release ─► ... ─► closeIdle ──► closed
 *                              └──► leaving (GOAWAY, or suspect): no new requests ─► the last one ends ─► closed
 * </pre>
 *
 * <p>Jetty's own pool for this closes a connection that is leaving when the last request but one has ended, under that last
 * one.
 */
final class SharedConnectionPool extends AbstractLifeCycle implements ConnectionPool {
    /** However many more a target would take: they share one congestion window, and fall together if the connection does. */
    static final int MOST_STREAMS = 100;

    /** A peer that takes nothing any more gets this long for our goodbye. */
    private static final long GOODBYE_MILLIS = 1_000;

    private final HttpDestination destination;
    private final int mostConnections;
    /** Guarded by this pool, as is what follows. */
    private final List<Shared> connections = new ArrayList<>();

    private int opening;
    /** How many requests a connection took at once when it was opened; 0 until there was one, as only the target knows. */
    private int expected;

    SharedConnectionPool(HttpDestination destination, int mostConnections) {
        this.destination = destination;
        this.mostConnections = mostConnections;
    }

    /** {@return a connection of such a pool as the pool sees it, or null} */
    static @Nullable Shared of(Object connection) {
        return connection instanceof Attachable attachable && attachable.getAttachment() instanceof Shared shared
                ? shared
                : null;
    }

    @Override
    public @Nullable Connection acquire(boolean create) {
        Connection connection = use();
        if (connection == null && mayOpen()) {
            destination.newConnection(new Opening());
            connection = use();
        }
        return connection;
    }

    private synchronized @Nullable Connection use() {
        for (Iterator<Shared> all = connections.iterator(); all.hasNext(); ) {
            Shared shared = all.next();
            if (shared.connection.isClosed()) {
                shared.leaving = true;
                if (shared.users <= 0) {
                    all.remove();
                }
            } else if (shared.users < shared.most()) {
                if (!shared.hasSpokenUnasked()) {
                    shared.users++;
                    return shared.connection;
                }
                shared.leaving = true;
                all.remove();
                shared.close();
            }
        }
        return null;
    }

    /** Until a connection has shown how many requests it takes, one is opened and no more. */
    private synchronized boolean mayOpen() {
        boolean enough = expected == 0 ? opening > 0 : opening * (long) expected >= destination.getQueuedRequestCount();
        boolean unwanted = connections.stream().anyMatch(Shared::takesNothingNow);
        if (enough || unwanted || connections.size() + opening >= mostConnections) {
            return false;
        }
        opening++;
        return true;
    }

    @Override
    public boolean accept(Connection connection) {
        return opened(connection);
    }

    private boolean opened(Connection connection) {
        Attachable attachable = (Attachable) connection;
        Shared shared =
                new Shared(connection, attachable.getAttachment() instanceof HTTP2Session session ? session : null);
        attachable.setAttachment(shared);
        synchronized (this) {
            expected = Math.max(1, shared.most());
            if (isRunning()) {
                connections.add(shared);
                return true;
            }
        }
        shared.close(); // The target has retired meanwhile.
        return false;
    }

    @Override
    public synchronized boolean isActive(Connection connection) {
        return of(connection) != null;
    }

    /** {@return true always: the pool closes by itself what is not used any more} */
    @Override
    public boolean release(Connection connection) {
        Shared shared = of(connection);
        if (shared != null) {
            shared.released();
            if (ends(shared)) {
                shared.close();
            }
        }
        return true;
    }

    private synchronized boolean ends(Shared shared) {
        shared.users--;
        shared.idleSince = System.nanoTime();
        return shared.users <= 0 && shared.leaving && connections.remove(shared);
    }

    /** The connection is closed, or its target has announced that it will be: it takes no request any more. */
    @Override
    public boolean remove(Connection connection) {
        Shared shared = of(connection);
        return shared != null && leaves(shared);
    }

    /** Has a connection take no more requests, and closes it when it has none. */
    private boolean leaves(Shared shared) {
        boolean news;
        boolean unused;
        synchronized (this) {
            news = !shared.leaving;
            shared.leaving = true;
            // One that speaks HTTP/1.1 is closed with its only request, which does not release it then.
            unused = (shared.users <= 0 || shared.session == null) && connections.remove(shared);
        }
        if (unused) {
            shared.close();
        }
        return news;
    }

    /** Closes what has not been used for some time. */
    void closeIdle(long idleMillis) {
        List<Shared> idle = new ArrayList<>();
        synchronized (this) {
            long now = System.nanoTime();
            for (Iterator<Shared> all = connections.iterator(); all.hasNext(); ) {
                Shared shared = all.next();
                if (shared.users <= 0 && now - shared.idleSince >= TimeUnit.MILLISECONDS.toNanos(idleMillis)) {
                    shared.leaving = true;
                    all.remove();
                    idle.add(shared);
                }
            }
        }
        idle.forEach(Shared::close);
        if (destination.getQueuedRequestCount() > 0) {
            destination.send(); // The target may allow more requests than it did when these came.
        }
    }

    @Override
    public synchronized boolean isEmpty() {
        return connections.isEmpty() && opening == 0;
    }

    @Override
    protected void doStop() {
        List<Shared> all;
        synchronized (this) {
            all = List.copyOf(connections);
            connections.clear();
            all.forEach(shared -> shared.leaving = true);
        }
        all.forEach(Shared::close);
    }

    /** One connection. */
    final class Shared {
        private final Connection connection;
        private final @Nullable HTTP2Session session;
        /** Guarded by the pool, as is what follows. */
        private int users;

        private boolean leaving;
        private long idleSince = System.nanoTime();

        Shared(Connection connection, @Nullable HTTP2Session session) {
            this.connection = connection;
            this.session = session;
        }

        /** {@return its HTTP/2 session, or null if it speaks HTTP/1.1} */
        @Nullable
        HTTP2Session session() {
            return session;
        }

        /** {@return how many bytes have come over it} */
        long received() {
            return session != null && session.getEndPoint().getConnection() instanceof HTTP2Connection http2
                    ? http2.getBytesIn()
                    : 0;
        }

        /** It may be dead: no more requests are sent over it. */
        void suspect() {
            leaves(this);
        }

        /** How many requests it takes at once at this moment: a target may change its mind. */
        private int most() {
            boolean closing = session != null && session.isClosed();
            return leaving || closing ? 0 : allowed();
        }

        private int allowed() {
            int allowed = session == null ? 1 : session.getMaxLocalStreams();
            return allowed < 0 ? MOST_STREAMS : Math.min(MOST_STREAMS, allowed);
        }

        /** A request has ended. */
        private void released() {
            if (session == null) {
                WaryConnectionPool.released(connection);
            }
        }

        /** Whether the target has said more over HTTP/1.1 than it was asked for. */
        private boolean hasSpokenUnasked() {
            return session == null && WaryConnectionPool.hasSpokenUnasked(connection);
        }

        /** Whether the target wants no requests for the moment: it would want none on another connection either. */
        private boolean takesNothingNow() {
            return !leaving && allowed() == 0;
        }

        /** Says goodbye, and does not wait until the target has closed the connection, too. */
        private void close() {
            connection.close();
            if (session != null) {
                session.getEndPoint().setIdleTimeout(GOODBYE_MILLIS);
                session.flush(Callback.from(session::disconnect, failure -> session.disconnect()));
            }
        }
    }

    private final class Opening implements Promise<Connection> {
        private final AtomicBoolean over = new AtomicBoolean();

        @Override
        public void succeeded(Connection connection) {
            if (over.compareAndSet(false, true)) {
                end();
                if (opened(connection)) {
                    destination.succeeded();
                }
            }
        }

        /** May be told twice of one failure, by TLS and by what was to be within it. */
        @Override
        public void failed(Throwable failure) {
            if (over.compareAndSet(false, true)) {
                end();
                destination.failed(failure);
            }
        }

        private void end() {
            synchronized (SharedConnectionPool.this) {
                opening--;
            }
        }
    }
}
