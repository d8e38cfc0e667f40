package dev.gapless.proxy.jetty;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How long a client has been sending something that is of no use before it is whole: the head of a request, with what precedes
 * it on a new connection, or a frame of HTTP/2. A client that sends a byte now and then is never idle and might take for ever.
 *
 * <p>Written by the connection's lane, or whoever ends its request, and read by any thread.
 */
final class HeadClock {
    private static final long STOPPED = Long.MIN_VALUE;

    /** Requests whose heads are there; two for a moment, when one begins before the one before it is told to be over. */
    private final AtomicInteger requests = new AtomicInteger();

    private volatile long since = STOPPED;

    /** Something has come. Unless it is of a request whose head is there already, the time runs from the first such call. */
    void bytesCame() {
        if (since == STOPPED && requests.get() == 0) {
            since = System.nanoTime();
        }
    }

    /** Something is whole; the time begins again with what comes next. */
    void reset() {
        if (since != STOPPED) {
            since = STOPPED;
        }
    }

    /** The head of a request is there: what comes until {@link #requestEnds} is its body, which is judged otherwise. */
    void requestBegins() {
        requests.incrementAndGet();
        reset();
    }

    void requestEnds() {
        requests.decrementAndGet();
    }

    /** {@return whether the client has been at it for longer than that} */
    boolean exceeds(long nanos) {
        long begin = since;
        return begin != STOPPED && System.nanoTime() - begin > nanos;
    }
}
