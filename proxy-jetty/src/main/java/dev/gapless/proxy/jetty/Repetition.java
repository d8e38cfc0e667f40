package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TargetAddress;
import dev.gapless.proxy.engine.Attempts;
import java.nio.channels.ClosedChannelException;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.server.Request;

/** What has been tried for a request, and whether it may be sent again. */
final class Repetition {
    /** Methods that may be repeated, as their effect is that of one request (RFC 9110, section 9.2.2). */
    private static final Set<String> IDEMPOTENT = Set.of("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE");

    private final DataPlane plane;
    private final Request request;
    private final ClientRequest client;
    private final Attempts attempts = new Attempts();

    Repetition(DataPlane plane, Request request, ClientRequest client) {
        this.plane = plane;
        this.request = request;
        this.client = client;
    }

    Attempts attempts() {
        return attempts;
    }

    /** Whether the request may be sent again after a target has got some of it. */
    boolean isSafe(ServiceOptions options) {
        return IDEMPOTENT.contains(client.method()) || options.retries().nonIdempotent();
    }

    /** Whether it may come to that: over HTTP/2 a target can say that it has not looked at what it got. */
    boolean mayCome(Attempt attempt) {
        return isSafe(attempt.forward().service().options())
                || attempt.lease().address().protocol() != TargetAddress.Protocol.HTTP;
    }

    /** Whether another attempt may follow one that has ended before a response; if so, that one is noted as failed. */
    boolean mayFollow(Attempt ended, Throwable cause, BodySide body) {
        boolean ruledOut = (cause instanceof TimeoutException && ended.isBegun())
                || cause instanceof Attempt.Final
                || cause instanceof RejectedExecutionException;
        boolean unprocessed = ended.isUnprocessed(cause);
        boolean safe = unprocessed || isSafe(ended.forward().service().options());
        if (ruledOut || !body.isRepeatable() || !safe) {
            return false;
        }
        // One that took the connection and closed it at once may be about to restart, and take the next.
        boolean refused = !ended.isBegun() && !(cause instanceof ClosedChannelException);
        if (refused) {
            attempts.refusedBy(ended.lease().target());
        } else if (unprocessed) {
            attempts.unprocessedBy(ended.lease().target());
        } else {
            attempts.brokenBy(ended.lease().target());
            plane.distrust(ended.lease().target(), request);
        }
        return plane.engine().mayRetry(ended.forward().service(), attempts);
    }
}
