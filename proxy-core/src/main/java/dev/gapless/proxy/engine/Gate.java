package dev.gapless.proxy.engine;

import dev.gapless.proxy.HoldLimits;
import dev.gapless.proxy.ServiceInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the requests of a service wait while it is paused, and are turned away while it is stopped. It belongs to the name of
 * the service: deployments do not change it. Thread-safe; a request that meets an open gate takes no lock.
 */
final class Gate {
    enum State {
        /** Requests pass. PAUSED, STOPPED or REMOVED may follow. */
        OPEN,
        /** Requests wait. OPEN, STOPPED or REMOVED may follow. */
        PAUSED,
        /** Requests are refused. OPEN, PAUSED or REMOVED may follow. */
        STOPPED,
        /** The service is gone; who comes yet is sent back to be routed again. Nothing follows. */
        REMOVED
    }

    private static final Logger LOG = LoggerFactory.getLogger(Gate.class);

    private final NavigableMap<Long, Hold> waiting = new TreeMap<>();
    private HoldLimits limits = HoldLimits.defaults();
    private long arrivals;
    private long waitingBytes;
    /** How many requests are under way that had to wait. */
    private int released;
    /** A thread is releasing requests. */
    private boolean releasing;
    /** The proxy ends: nobody would tell a request any more that it has waited for too long. */
    private boolean ending;

    private Duration maxPause = Duration.ZERO;
    private String message = "";
    private CompletableFuture<@Nullable Void> opened = new CompletableFuture<>();
    private volatile State state = State.OPEN;

    boolean isOpen() {
        return state == State.OPEN;
    }

    State state() {
        return state;
    }

    synchronized String message() {
        return message;
    }

    synchronized void setLimits(HoldLimits limits) {
        this.limits = limits;
    }

    /** What is to be seen of a gate at one moment. */
    record Info(ServiceInfo.State state, String message, Duration maxPause, int held) {}

    synchronized Info info() {
        ServiceInfo.State seen = switch (state) {
            case PAUSED -> ServiceInfo.State.PAUSED;
            case STOPPED -> ServiceInfo.State.STOPPED;
            default -> ServiceInfo.State.RUNNING;
        };
        return new Info(seen, message, maxPause, waiting.size());
    }

    /** Lets requests wait from now on. What it returns completes when they pass again, or the service is gone. */
    synchronized CompletableFuture<@Nullable Void> pause(Duration longest) {
        close(State.PAUSED, "", longest);
        return opened;
    }

    /** Refuses requests from now on, and those that wait. */
    synchronized Closing stop(Service service, String why) {
        close(State.STOPPED, why, Duration.ZERO);
        return new Closing(opened, takeAll(), new Decision.Respond(Decision.Reason.STOPPED, service, why));
    }

    private void close(State closed, String why, Duration longest) {
        if (state == State.OPEN) {
            opened = new CompletableFuture<>();
        }
        message = why;
        maxPause = longest;
        state = closed;
    }

    /** Lets requests pass; {@link #releaseNext} begins with those that wait. Returns null if they passed already. */
    synchronized @Nullable CompletableFuture<@Nullable Void> open() {
        if (state == State.OPEN || state == State.REMOVED) {
            return null;
        }
        state = State.OPEN;
        message = "";
        return opened;
    }

    /** The service is gone, and so those that wait are answered so. */
    synchronized Closing remove() {
        state = State.REMOVED;
        message = "";
        return new Closing(opened, takeAll(), new Decision.Respond(Decision.Reason.NOT_FOUND, null));
    }

    /** Refuses those that wait and those that would, as the proxy ends; the state stays as it is, to be restored. */
    synchronized Closing holdNoMore(Service service) {
        ending = true;
        return new Closing(opened, takeAll(), new Decision.Respond(Decision.Reason.NO_HEALTHY_TARGET, service));
    }

    /**
     * What closing a gate leaves to do, which is not done under a lock.
     *
     * @param opened completes when requests pass again, or the service is gone
     */
    record Closing(CompletableFuture<@Nullable Void> opened, List<Hold> refused, Decision.Respond answer) {
        void tellRefused() {
            refused.forEach(hold -> tell(() -> hold.waiter.refused(answer)));
        }
    }

    /** What one request does with the news keeps no other from hearing its own. Returns whether it has heard. */
    private static boolean tell(Runnable news) {
        try {
            news.run();
            return true;
        } catch (RuntimeException | Error e) {
            LOG.warn("A request that was held failed to hear what becomes of it", e);
            return false;
        }
    }

    void enter(Hold hold, Service service) {
        Decision.Respond refusal = null;
        boolean passes;
        synchronized (this) {
            passes = state == State.OPEN || state == State.REMOVED;
            if (state == State.STOPPED) {
                refusal = new Decision.Respond(Decision.Reason.STOPPED, service, message);
            } else if (state == State.PAUSED && ending) {
                refusal = new Decision.Respond(Decision.Reason.NO_HEALTHY_TARGET, service);
            } else if (state == State.PAUSED && !add(hold)) {
                refusal = new Decision.Respond(Decision.Reason.TOO_MANY_HELD, service);
            }
        }
        if (refusal != null) {
            hold.waiter.refused(refusal);
        } else if (passes) {
            hold.waiter.goOn();
        }
    }

    /** Puts a request into the queue, where it was before if it was. Returns whether there is room. */
    private boolean add(Hold hold) {
        if (hold.state == Hold.State.GONE) {
            return true;
        }
        long bytes = hold.bodyBytes();
        if (hold.state == Hold.State.RELEASED) {
            released--;
        } else if (waiting.size() >= limits.maxRequests() || !hasRoomFor(bytes)) {
            return false;
        } else {
            hold.number = arrivals++;
        }
        hold.state = Hold.State.WAITING;
        waiting.put(hold.number, hold);
        hold.countedBytes = bytes;
        waitingBytes += bytes;
        return true;
    }

    private boolean hasRoomFor(long moreBytes) {
        return moreBytes <= limits.maxBodyBytes() - waitingBytes;
    }

    /** Counts what a request has taken in meanwhile, if it waits here. Returns false if it was refused for that. */
    boolean recount(Hold hold, Service service) {
        synchronized (this) {
            if (waiting.get(hold.number) != hold || grow(hold)) {
                return true;
            }
            take(hold);
            hold.state = Hold.State.GONE;
        }
        Decision.Respond answer = new Decision.Respond(Decision.Reason.TOO_MANY_HELD, service);
        tell(() -> hold.waiter.refused(answer));
        return false;
    }

    private boolean grow(Hold hold) {
        long more = hold.bodyBytes() - hold.countedBytes;
        if (more > 0 && !hasRoomFor(more)) {
            return false;
        }
        hold.countedBytes += more;
        waitingBytes += more;
        return true;
    }

    void leave(Hold hold) {
        synchronized (this) {
            if (hold.state == Hold.State.WAITING) {
                take(hold);
            } else if (hold.state == Hold.State.RELEASED) {
                released--;
            }
            hold.state = Hold.State.GONE;
        }
        releaseNext();
    }

    /** The request goes on by itself, and is none of those released any more; it may wait again like one that arrives. */
    void stepAside(Hold hold, long nowNanos) {
        synchronized (this) {
            if (hold.state != Hold.State.RELEASED) {
                return;
            }
            released--;
            hold.state = Hold.State.NEW;
            hold.arrivedNanos = nowNanos;
        }
        releaseNext();
    }

    /**
     * Releases requests in the order of their arrival, so many at once as may be. One thread at a time does: the others leave it
     * to that one, so that the order holds, and a request that ends at once does not release the next from within itself.
     */
    void releaseNext() {
        synchronized (this) {
            if (releasing) {
                return;
            }
            releasing = true;
        }
        for (Hold next = next(); next != null; next = next()) {
            if (!tell(next.waiter::goOn)) {
                leave(next);
            }
        }
    }

    /** {@return the request to be released now, or null, which ends the release} */
    private synchronized @Nullable Hold next() {
        releasing = state == State.OPEN && !waiting.isEmpty() && released < limits.releaseConcurrency();
        if (!releasing) {
            return null;
        }
        Hold hold = waiting.firstEntry().getValue();
        take(hold);
        hold.state = Hold.State.RELEASED;
        released++;
        return hold;
    }

    /** Tells the requests that have waited for too long. Those that are about to be released are not concerned. */
    void checkExpiry(long now, Service service) {
        if (state != State.PAUSED) {
            return;
        }
        List<Hold> expired = new ArrayList<>();
        synchronized (this) {
            long longest = maxPause.toNanos();
            for (Iterator<Hold> all = waiting.values().iterator(); state == State.PAUSED && all.hasNext(); ) {
                Hold hold = all.next();
                if (now - hold.arrivedNanos >= longest) {
                    all.remove();
                    waitingBytes -= hold.countedBytes;
                    hold.state = Hold.State.GONE;
                    expired.add(hold);
                }
            }
        }
        Decision.Respond answer = new Decision.Respond(Decision.Reason.HELD_TOO_LONG, service);
        expired.forEach(hold -> tell(() -> hold.waiter.refused(answer)));
    }

    private void take(Hold hold) {
        waiting.remove(hold.number);
        waitingBytes -= hold.countedBytes;
    }

    private List<Hold> takeAll() {
        List<Hold> all = List.copyOf(waiting.values());
        all.forEach(hold -> hold.state = Hold.State.GONE);
        waiting.clear();
        waitingBytes = 0;
        return all;
    }
}
