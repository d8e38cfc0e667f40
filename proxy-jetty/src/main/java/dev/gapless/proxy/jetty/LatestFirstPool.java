package dev.gapless.proxy.jetty;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.eclipse.jetty.util.Pool;
import org.jspecify.annotations.Nullable;

/**
 * A pool that gives what was returned last, which the processor's caches still know, and so lets the others grow idle. What
 * that costs does not depend on how many are in use: Jetty's own pool looks at each of them for one that is not. Thread-safe.
 */
final class LatestFirstPool<P> implements Pool<P> {
    private final int maxSize;
    /** Guarded by this pool, as is what follows. */
    private final Set<Entry<P>> entries = new LinkedHashSet<>();

    private final Deque<OneEntry> idle = new ArrayDeque<>();
    private boolean terminated;

    LatestFirstPool(int maxSize) {
        this.maxSize = maxSize;
    }

    @Override
    public synchronized @Nullable Entry<P> reserve() {
        if (terminated || entries.size() >= maxSize) {
            return null;
        }
        OneEntry entry = new OneEntry();
        entries.add(entry);
        return entry;
    }

    @Override
    public synchronized @Nullable Entry<P> acquire() {
        OneEntry entry = terminated ? null : idle.pollFirst();
        if (entry != null) {
            entry.state = State.IN_USE;
        }
        return entry;
    }

    @Override
    public synchronized boolean isTerminated() {
        return terminated;
    }

    @Override
    public synchronized Collection<Entry<P>> terminate() {
        terminated = true;
        List<Entry<P>> all = List.copyOf(entries);
        entries.clear();
        idle.clear();
        return all;
    }

    @Override
    public synchronized int size() {
        return entries.size();
    }

    @Override
    public int getMaxSize() {
        return maxSize;
    }

    @Override
    public synchronized int getIdleCount() {
        return idle.size();
    }

    @Override
    public synchronized Stream<Entry<P>> stream() {
        return List.copyOf(entries).stream();
    }

    private enum State {
        /** It has nothing yet; it becomes idle, in use or removed. */
        RESERVED,
        /** To be given out; it becomes in use or removed. */
        IDLE,
        /** Given out; it becomes idle or removed. */
        IN_USE,
        /** The end. */
        REMOVED
    }

    private final class OneEntry implements Entry<P> {
        private State state = State.RESERVED;
        private volatile @Nullable P pooled;

        @Override
        public boolean enable(P content, boolean acquire) {
            synchronized (LatestFirstPool.this) {
                if (terminated || state == State.REMOVED) {
                    return false;
                }
                if (state != State.RESERVED) {
                    throw new IllegalStateException("enabled already: " + content);
                }
                pooled = content;
                state = State.IN_USE;
                return acquire || release();
            }
        }

        @Override
        public @Nullable P getPooled() {
            return pooled;
        }

        @Override
        public boolean release() {
            synchronized (LatestFirstPool.this) {
                if (terminated || state != State.IN_USE) {
                    return false;
                }
                state = State.IDLE;
                idle.addFirst(this);
                return true;
            }
        }

        @Override
        public boolean remove() {
            synchronized (LatestFirstPool.this) {
                if (state == State.REMOVED) {
                    return false;
                }
                if (state == State.IDLE) {
                    idle.removeLastOccurrence(this); // It is mostly those that have been idle for long.
                }
                state = State.REMOVED;
                entries.remove(this);
                return true;
            }
        }

        @Override
        public boolean isReserved() {
            return is(State.RESERVED);
        }

        @Override
        public boolean isIdle() {
            return is(State.IDLE);
        }

        @Override
        public boolean isInUse() {
            return is(State.IN_USE);
        }

        @Override
        public boolean isTerminated() {
            synchronized (LatestFirstPool.this) {
                return terminated || state == State.REMOVED;
            }
        }

        private boolean is(State one) {
            synchronized (LatestFirstPool.this) {
                return state == one;
            }
        }
    }
}
