package dev.gapless.proxy.jetty;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.buffer.SpillBuffer;
import dev.gapless.proxy.engine.Service;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/**
 * The body's part in one request: whether there is one, how long it may be and how slow, when it is taken in, and what of it is
 * kept. A request without one has one that has ended and is whole.
 */
final class BodySide {
    /** How much of a body that nobody wants is read so that the client gets to see why (RFC 9112, section 9.6). */
    private static final long MAX_DISCARDED_BYTES = 1 << 20;

    private final DataPlane plane;
    private final Request request;
    private final ClientRequest client;
    private final Executor lane;
    private final @Nullable RequestBody body;

    /** Takes in what has come of it already. */
    BodySide(DataPlane plane, Request request, ClientRequest client, Executor lane, RequestBody.Outcome outcome) {
        this.plane = plane;
        this.request = request;
        this.client = client;
        this.lane = lane;
        this.body = RequestBody.open(request, client, lane, outcome);
    }

    boolean exists() {
        return body != null;
    }

    /** Whether its client has sent all of it. */
    boolean isEnded() {
        return body == null || body.isEnded();
    }

    /** Whether all of it has been received. */
    boolean isWhole() {
        return body == null || body.isWhole();
    }

    /** Whether it can be sent from its beginning. */
    boolean isRepeatable() {
        return body == null || body.isRepeatable();
    }

    /** {@return what went wrong with it on the client's side of the proxy, or null} */
    @Nullable
    Throwable failure() {
        return body == null ? null : body.failure();
    }

    /** {@return how many bytes have come} */
    long bytes() {
        return body == null ? 0 : body.bytes();
    }

    /** Whether it comes from code of the host's, and not from the client. */
    boolean isOfHost() {
        DirectedRequest directed = client.directed();
        return directed != null && directed.hasBodyOfHost();
    }

    /** Whether its client still waits to be asked for it. */
    boolean waitsToBeAsked() {
        return body != null && !body.wasAsked() && body.bytes() == 0 && client.expectsContinue();
    }

    /** Whether it is one half of a conversation, in which the two may pause for as long as they like. */
    boolean isOfConversation() {
        return BufferingRules.isConversation(client, request.getHeaders());
    }

    /** {@return how much of it is to be taken in while the request is held, as far as its client has said} */
    long declaredBytes() {
        return body == null || waitsToBeAsked() ? 0 : Math.max(0, body.declaredLength());
    }

    /**
     * Has it kept to what its service allows of length and pace. Calls of gRPC may pause for as long as the two like, but not the
     * body of a request for another protocol, which is not spoken yet. {@return whether it is short enough so far}
     */
    boolean keepsTo(Service to) {
        if (body != null && !BufferingRules.isGrpc(request.getHeaders())) {
            judgePace(body, to.options().bodies());
        }
        return !isTooLong(to);
    }

    /** Has it kept to the length that its service allows. {@return whether it is longer already, or says so} */
    boolean isTooLong(Service to) {
        if (body == null) {
            return false;
        }
        long most = to.options().bodies().maxRequestBytes().orElse(Long.MAX_VALUE);
        body.limit(most);
        return Math.max(body.declaredLength(), body.bytes()) > most;
    }

    private void judgePace(RequestBody incoming, BodyOptions options) {
        incoming.judgeBy(plane.paceWatch().sending(options.requestPace(), () -> lane.execute(incoming::tooSlow)));
    }

    /** Whether a service wants it whole before a target is chosen. */
    boolean isWantedWhole(Service by) {
        return body != null
                && BufferingRules.buffersRequest(
                        by.options().bodies(), client, request.getHeaders(), body.declaredLength());
    }

    /** Takes it in as it comes, until it is whole or goes to a target. */
    void receive(Service to) {
        if (body != null) {
            body.receive(() -> plane.buffers().open(to.options().bodies().bufferMemory()));
        }
    }

    /**
     * Gives it to a target, from its beginning.
     *
     * @param repetition knows whether another attempt may follow this one, and so want what this one has taken
     */
    void send(TargetRequest out, Attempt attempt, Repetition repetition) {
        if (body != null) {
            send(body, out, attempt, repetition);
        }
    }

    private void send(RequestBody incoming, TargetRequest out, Attempt attempt, Repetition repetition) {
        ServiceOptions options = attempt.forward().service().options();
        SpillBuffer keep = incoming.keepsNothing() && repetition.mayCome(attempt)
                ? plane.buffers().open(options.retries().keptBodyBytes())
                : null;
        BodySending sending = incoming.send(keep, options.retries().keptBodyBytes(), attempt);
        out.body(sending);
        if (sending.getLength() < 0) {
            out.headers(headers -> headers.remove(HttpHeader.CONTENT_LENGTH));
            out.trailersSupplier(trailers(incoming, attempt));
        } else if (incoming.mayEndWithTrailers()) {
            out.trailersAfterLength(trailers(incoming, attempt));
        }
    }

    private static Supplier<@Nullable HttpFields> trailers(RequestBody incoming, Attempt attempt) {
        return () -> TrailerFields.toTarget(incoming.trailers(), attempt.forward());
    }

    /**
     * Reads what its client still sends of it for a while, so that it gets to read the answer.
     *
     * @param options the pace that it is to keep
     * @param then runs once, also if the client fails
     */
    void discard(BodyOptions options, Runnable then) {
        if (body == null || body.isEnded() || waitsToBeAsked() || isOverBeforeItsEnd()) {
            then.run();
        } else {
            judgePace(body, options);
            body.discard(MAX_DISCARDED_BYTES, then);
        }
    }

    /**
     * Nobody waits for a body of the host's. And one half of a conversation has no end of its own: the client of an HTTP/2 stream
     * is told to stop (RFC 9113, section 8.1).
     */
    private boolean isOverBeforeItsEnd() {
        return isOfHost() || (!client.isHttp1() && isOfConversation());
    }

    /** Gives up what is kept of it: it is not sent again. */
    void forget() {
        if (body != null) {
            body.release();
        }
    }

    /** Gives up what is kept of it, and lets the client take its time. */
    void release() {
        if (body != null) {
            body.judgeBy(null);
            body.release();
        }
    }

    /** Gives up what was read ahead, as nobody comes to read it any more. */
    void abandon() {
        if (body != null) {
            body.abandon();
        }
    }
}
