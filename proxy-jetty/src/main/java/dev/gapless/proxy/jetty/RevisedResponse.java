package dev.gapless.proxy.jetty;

import dev.gapless.proxy.HeaderRules;
import dev.gapless.proxy.PendingResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * A response whose head the host's code gets to see, and may change, before the client does: what is written first waits for
 * that. The proxy's own error answers, which begin with a {@link #reset}, are not shown.
 *
 * <p>All but the end of the revision happens on the lane of the request, and that goes there at once.
 */
final class RevisedResponse extends Response.Wrapper {
    /** The host's code. */
    interface Reviser {
        /**
         * Revises the head.
         *
         * @param head the head
         * @param done told once of the end, by any thread: null, or what went wrong
         */
        void revise(PendingResponse head, Consumer<@Nullable Throwable> done);
    }

    /** Another answer has taken the place of the response whose head was being revised. */
    static final class SupersededException extends IOException {
        private static final long serialVersionUID = 1L;

        SupersededException() {
            super("the response was given up before its head was revised");
        }
    }

    private enum State {
        /** Nothing was written. REVISING or PASSING follows. */
        NEW,
        /** The host's code has the head. PASSING follows. */
        REVISING,
        /** Everything goes on to the client. Nothing follows. */
        PASSING
    }

    private final Reviser reviser;
    private final Executor lane;
    private volatile State state = State.NEW;
    /** The status in whose place the host's code has set another; 0 if it has not. */
    private volatile int replaced;
    /** What was begun while the head was new, and fails if another answer takes its place. */
    private Callback waiting = Callback.NOOP;

    RevisedResponse(Response response, Reviser reviser, Executor lane) {
        super(response.getRequest(), response);
        this.reviser = reviser;
        this.lane = lane;
    }

    @Override
    public void write(boolean last, @Nullable ByteBuffer part, Callback callback) {
        if (state == State.PASSING) {
            super.write(last, part, callback);
        } else {
            revise(callback, () -> super.write(last, part, callback));
        }
    }

    /** Ends a request whose response is but a head that nobody has written, as that of one that becomes a tunnel. */
    void complete(Callback callback) {
        if (state == State.NEW && !getWrapped().isCommitted()) {
            revise(callback, callback::succeeded);
        } else {
            callback.succeeded();
        }
    }

    private void revise(Callback callback, Runnable then) {
        state = State.REVISING;
        waiting = callback;
        Head head = new Head();
        reviser.revise(head, failure -> lane.execute(() -> revised(head, failure, callback, then)));
    }

    private void revised(Head head, @Nullable Throwable failure, Callback callback, Runnable then) {
        if (state != State.REVISING) {
            return;
        }
        state = State.PASSING;
        if (failure == null) {
            head.apply();
            then.run();
        } else {
            callback.failed(failure);
        }
    }

    /** {@return the status that the client gets in place of this one} */
    static int told(int status, Response response) {
        return response instanceof RevisedResponse revised && revised.replaced == status && status != 0
                ? response.getStatus()
                : status;
    }

    /** The client is not there any more: nothing waits for the host's code. */
    static void giveUp(Response response, Throwable cause) {
        if (response instanceof RevisedResponse revised && revised.state == State.REVISING) {
            revised.state = State.PASSING;
            revised.waiting.failed(cause);
        }
    }

    @Override
    public void reset() {
        Callback superseded = state == State.REVISING ? waiting : Callback.NOOP;
        state = State.PASSING;
        super.reset();
        superseded.failed(new SupersededException());
    }

    /** What the host's code gets: changes are made when it has ended, on the lane, unless it was given up before. */
    private final class Head implements PendingResponse {
        private final HttpFields.Mutable draft = HttpFields.build(getHeaders());
        private final List<HeaderRules.Rule> changes = new ArrayList<>();
        private final boolean isTunnel = getRequest().getAttribute(HttpStream.UPGRADE_CONNECTION_ATTRIBUTE) != null;
        private final int original = getStatus();
        private int status = original;

        @Override
        public int status() {
            return status;
        }

        @Override
        public void status(int code) {
            check();
            boolean isAlike = code >= 200 && code <= 599 && isBodiless(code) == isBodiless(original);
            if (code != original && (isTunnel || !isAlike)) {
                throw new IllegalArgumentException("status " + code + " cannot take the place of " + original
                        + (isTunnel
                                ? ", which opens a tunnel"
                                : "; expected one from 200 to 599, with a body or without as that one"));
            }
            status = code;
        }

        private static boolean isBodiless(int code) {
            return code == HttpStatus.NO_CONTENT_204 || code == HttpStatus.NOT_MODIFIED_304;
        }

        @Override
        public @Nullable String header(String name) {
            return Headers.joined(draft, name);
        }

        @Override
        public void setHeader(String name, String value) {
            change(new HeaderRules.Rule(HeaderRules.Action.SET, name, value));
        }

        @Override
        public void addHeader(String name, String value) {
            change(new HeaderRules.Rule(HeaderRules.Action.ADD, name, value));
        }

        @Override
        public void removeHeader(String name) {
            change(new HeaderRules.Rule(HeaderRules.Action.REMOVE, name, ""));
        }

        private void change(HeaderRules.Rule rule) {
            check();
            Headers.apply(rule, draft);
            changes.add(rule);
        }

        /** Code that was given up, or keeps what it was given, finds out. */
        private void check() {
            if (state != State.REVISING) {
                throw new IllegalStateException("the head of the response cannot be changed any more");
            }
        }

        void apply() {
            if (status != original) {
                setStatus(status);
                replaced = original;
            }
            changes.forEach(rule -> Headers.apply(rule, getHeaders()));
        }
    }
}
