package dev.gapless.proxy.jetty;

import dev.gapless.proxy.engine.Decision;
import dev.gapless.proxy.engine.Lease;
import java.net.ProtocolException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.client.RetryableRequestException;
import org.eclipse.jetty.client.transport.HttpDestination;
import org.eclipse.jetty.client.transport.HttpResponse;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * One try to have a request answered by a target: from the lease to its release. Whatever ends it early (the client leaves,
 * the target is too slow, the drain's time is over) aborts the request with the reason, and the client library then reports
 * its end, once, like any other.
 */
final class Attempt implements Response.Listener, RequestBody.Taker {
    /** What the attempt is made for. Called on the lane, but for an end that comes from elsewhere. */
    interface Owner {
        /** {@return why a response is not one to the request, or null} */
        @Nullable
        Throwable flaw(Attempt attempt, Response response);

        void interimResponse(Attempt attempt, int status, HttpFields fields);

        /** There is the head of the response. */
        void responseBegun(Attempt attempt, Response response);

        /** {@return what takes the body} */
        TargetBody take(Attempt attempt, Content.Source source, Response response);

        /** The target has left HTTP; the lease is the owner's from here on. */
        void switched(Attempt attempt, Response response);

        /** The attempt is over, and its lease is released. */
        void attemptEnded(Attempt attempt, @Nullable Throwable cause);

        long nanoTime();
    }

    /** What ends an attempt so that no other follows it. */
    sealed interface Final {}

    /** The target has not begun its response in time. */
    static final class ResponseTimeoutException extends TimeoutException implements Final {
        private static final long serialVersionUID = 1L;

        ResponseTimeoutException() {
            super("no response from the target in time");
        }
    }

    /** The drain's time was over. */
    static final class CutByDrainException extends TimeoutException implements Final {
        private static final long serialVersionUID = 1L;

        CutByDrainException() {
            super("cut at the end of the drain");
        }
    }

    /** The target speaks another protocol now than it was asked to, or does not where there is no other answer. */
    static final class SwitchException extends ProtocolException implements Final {
        private static final long serialVersionUID = 1L;

        SwitchException(String message) {
            super(message);
        }
    }

    /** The target has said that it takes no head as long as this. */
    static final class HeadTooLongException extends ProtocolException implements Final {
        private static final long serialVersionUID = 1L;

        HeadTooLongException() {
            super("the head of the request is longer than the target takes");
        }
    }

    /** The head of the response is longer than it may be, which is found out here over HTTP/2. */
    static final class ResponseHeadTooLongException extends ProtocolException implements Final {
        private static final long serialVersionUID = 1L;

        ResponseHeadTooLongException() {
            super("the head of the response is too long");
        }
    }

    /** The target has said something that cannot be passed on as what it is. */
    static final class UnreadableResponseException extends ProtocolException implements Final {
        private static final long serialVersionUID = 1L;

        UnreadableResponseException(String what) {
            super("the target's response has " + what);
        }
    }

    /** A file is sent in the place of the response's body, which is too long to be read for nothing. */
    static final class ReplacedException extends ProtocolException implements Final {
        private static final long serialVersionUID = 1L;

        ReplacedException() {
            super("a file is sent instead of the body");
        }
    }

    private volatile Owner owner;
    private final Decision.Forward forward;
    private final TargetRequest request;
    /** Set by the head of the response or by the timeout, whichever comes first; the other has no effect then. */
    private final AtomicBoolean headOrTimeout = new AtomicBoolean();

    private volatile boolean begun;
    private volatile boolean taken;
    private volatile boolean sent;
    private volatile boolean responseBegun;
    private volatile boolean switched;
    private volatile @Nullable TargetBody taking;
    private volatile @Nullable Tunnel tunnel;

    /** Guarded by this. */
    private boolean over;

    Attempt(Owner owner, Decision.Forward forward, TargetRequest request) {
        this.owner = owner;
        this.forward = forward;
        this.request = request;
        request.onRequestBegin(begins -> begun = true);
        request.onRequestSuccess(sends -> sent = true);
    }

    Decision.Forward forward() {
        return forward;
    }

    Lease lease() {
        return forward.lease();
    }

    /** Whether anything of the request may have been sent. */
    boolean isBegun() {
        return begun;
    }

    /** Whether the target has said that it did not look at the request (RFC 9113, section 8.7), or nothing of it went out. */
    boolean isUnprocessed(Throwable cause) {
        Http2Progress http2 = request.http2();
        return !begun || cause instanceof RetryableRequestException || (http2 != null && http2.isUnprocessed());
    }

    /** {@return the code with which the target has reset the HTTP/2 stream, or {@link Http2Progress#NONE}} */
    int resetCode() {
        Http2Progress http2 = request.http2();
        return http2 == null ? Http2Progress.NONE : http2.resetCode();
    }

    /** Whether the connection to the target has been given the whole body. */
    boolean isTaken() {
        return taken;
    }

    /** Whether the connection to the target has taken the whole request. */
    boolean isSent() {
        return sent;
    }

    /** Whether the head of the response, not an interim one, has come. */
    boolean isResponseBegun() {
        return responseBegun;
    }

    /** Whether all of the response has come. */
    boolean isResponseEnded() {
        TargetBody current = taking;
        return current != null && current.hasEnded();
    }

    long responseBytes() {
        TargetBody current = taking;
        return current == null ? 0 : current.bytes();
    }

    void send(HttpDestination destination) {
        lease().onCut(() -> abort(new CutByDrainException()));
        request.sendTo(destination, this);
    }

    /** The target's time runs: to take more of the request, or, once it has all, to respond. */
    void expectProgress() {
        if (!responseBegun) {
            long timeout = forward.service().options().responseTimeout().toNanos();
            lease().expireAt(owner.nanoTime() + timeout, this::timeOver);
            if (responseBegun) {
                lease().neverExpire();
            }
        }
    }

    @Override
    public void takes(boolean last) {
        taken = last;
        expectProgress();
    }

    @Override
    public void waitsForClient() {
        lease().neverExpire();
    }

    @Override
    public boolean takesTrailersAfterLength() {
        return request.http2() != null;
    }

    /** Ends it unless its response has begun. */
    void timeOver() {
        if (headOrTimeout.compareAndSet(false, true)) {
            abort(new ResponseTimeoutException());
        }
    }

    void abort(Throwable reason) {
        request.abort(reason);
        Tunnel open = tunnel;
        if (open != null) {
            open.cut(reason);
        }
    }

    /** {@return whether another goes on with this} Not if it is over, which its owner has heard of, or is about to. */
    synchronized boolean handOver(Owner other) {
        if (!over) {
            owner = other;
        }
        return !over;
    }

    private synchronized Owner lastOwner() {
        over = true;
        return owner;
    }

    /** The lease is the tunnel's from here on; it ends if the attempt was aborted, or will be. */
    void becomes(Tunnel opened) {
        tunnel = opened;
        Throwable reason = request.getAbortCause();
        if (reason != null) {
            opened.end(reason);
        }
    }

    @Override
    public void onHeaders(Response response) {
        String unreadable = ResponseHead.unreadable(response);
        Throwable flaw = unreadable == null ? owner.flaw(this, response) : new UnreadableResponseException(unreadable);
        if (flaw != null) {
            abort(flaw);
        } else if (request.isTooLong(response.getHeaders())) {
            abort(new ResponseHeadTooLongException());
        } else if (!HttpStatus.isInterim(response.getStatus()) && headOrTimeout.compareAndSet(false, true)) {
            responseBegun = true;
            switched = response.getStatus() == HttpStatus.SWITCHING_PROTOCOLS_101;
            lease().neverExpire();
            owner.responseBegun(this, response);
            if (switched) {
                keepConnection((HttpResponse) response);
            }
        }
    }

    /**
     * Closes a connection that has left HTTP and that nobody takes over, and lets go of what has come with its last answer: the
     * client library would keep the buffer that this is in. It may still be at work on it, so that the lane does so afterwards.
     */
    static void leave(@Nullable EndPoint connection) {
        if (connection != null) {
            connection.close();
            Lanes.execute(connection, () -> {
                if (connection.getConnection() instanceof Connection.UpgradeFrom from) {
                    from.onUpgradeFrom();
                }
            });
        }
    }

    /** The client library would close it if the target says that it is going to do so, which in the end it is. */
    private static void keepConnection(HttpResponse switching) {
        switching.headers(fields -> fields.remove(HttpHeader.CONNECTION));
    }

    @Override
    public void onContentSource(Response response, Content.Source source) {
        if (!responseBegun) {
            return; // Its time was over; the abort is on its way.
        }
        if (switched) {
            Content.Source.consumeAll(source, Callback.NOOP); // There is none, but its end must be seen.
            return;
        }
        TargetBody started = owner.take(this, source, response);
        taking = started;
        started.begin();
    }

    @Override
    public void onSuccess(Response response) {
        if (HttpStatus.isInterim(response.getStatus())) {
            owner.interimResponse(this, response.getStatus(), HttpFields.build(response.getHeaders()));
            // The next response is read into the same object.
            request.exchange().resetResponse();
            request.abortIfMissed(); // Until then the response counted as complete, with nothing left to abort.
        }
    }

    @Override
    public void onComplete(Result result) {
        if (result.getResponse().getStatus() == HttpStatus.SWITCHING_PROTOCOLS_101) {
            if (switched && result.isSucceeded()) {
                owner.switched(this, result.getResponse());
                return;
            }
            leave(TargetRequest.connection(result.getResponse()));
        }
        lease().neverExpire();
        lease().release();
        // Of a response that is whole it does not matter that the target wanted no more of the request.
        boolean whole = responseBegun && result.getResponseFailure() == null;
        lastOwner().attemptEnded(this, whole ? null : failure(result));
    }

    /** Whoever has ended it may have closed its connection at the same time, and that be heard of first. */
    private @Nullable Throwable failure(Result result) {
        Throwable reason = request.getAbortCause();
        return reason == null || result.isSucceeded() ? result.getFailure() : reason;
    }
}
