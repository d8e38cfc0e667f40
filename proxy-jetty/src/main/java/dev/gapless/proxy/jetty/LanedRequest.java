package dev.gapless.proxy.jetty;

import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Invocable;

/**
 * A request that came in on no lane, since its connection is not one of the proxy's listeners for TCP. It is given a lane, and
 * whatever is heard of the request is heard there, so that its exchange is served by one thread as others are.
 */
class LanedRequest extends Request.Wrapper {
    private final Lanes lanes;
    private final int lane;

    LanedRequest(Request request, Lanes lanes, int lane) {
        super(request);
        this.lanes = lanes;
        this.lane = lane;
    }

    /** {@return whether the request came in by a connector of the host's, on whose terms it is then} */
    static boolean isOfHost(Request request) {
        LanedRequest laned = Request.as(request, LanedRequest.class);
        return laned != null && !(laned instanceof Http3Request);
    }

    final int lane() {
        return lane;
    }

    /** Runs a task on the lane, after what that does now. */
    final void execute(Runnable task) {
        lanes.execute(lane, task);
    }

    /** Runs a task on the lane: at once if this is its thread, and else after what that does now. */
    private void callBack(Runnable task) {
        lanes.callBack(lane, task);
    }

    /** {@return where a request hears of its connection: at once if that is one of the proxy's, which has the request's lane} */
    static Executor laneOf(Request request) {
        LanedRequest laned = Request.as(request, LanedRequest.class);
        return laned == null ? Runnable::run : laned::execute;
    }

    /** {@return where a request hears of what it has written itself: at once if this is on its lane, which has most writes over} */
    static Executor callbacksOf(Request request) {
        LanedRequest laned = Request.as(request, LanedRequest.class);
        return laned == null ? Runnable::run : laned::callBack;
    }

    /** {@return a callback that is called on the lane} */
    static Callback on(Executor lane, Callback callback) {
        return new Callback() {
            @Override
            public void succeeded() {
                lane.execute(callback::succeeded);
            }

            @Override
            public void failed(Throwable failure) {
                lane.execute(() -> callback.failed(failure));
            }

            @Override
            public InvocationType getInvocationType() {
                return InvocationType.NON_BLOCKING;
            }
        };
    }

    @Override
    public void demand(Runnable available) {
        super.demand(Invocable.from(Invocable.InvocationType.NON_BLOCKING, () -> execute(available)));
    }

    @Override
    public void addFailureListener(Consumer<Throwable> listener) {
        super.addFailureListener(failure -> execute(() -> listener.accept(failure)));
    }

    /** {@return its response, which tells on the lane, too, what became of it} */
    Response response(Response response) {
        return new LanedResponse(response);
    }

    final class LanedResponse extends Response.Wrapper {
        private LanedResponse(Response response) {
            super(LanedRequest.this, response);
        }

        @Override
        public void write(boolean last, ByteBuffer part, Callback callback) {
            // Most writes are over at once: a way through the selector for each would cost more than they do.
            super.write(last, part, on(LanedRequest.this::callBack, callback));
        }
    }

    /** The end of a request, which comes once, by its exchange or by the proxy that does not wait for it any longer. */
    static final class End extends Callback.Nested {
        private final AtomicBoolean over = new AtomicBoolean();
        private final Consumer<End> outcome;

        End(Callback callback, Consumer<End> outcome) {
            super(callback);
            this.outcome = outcome;
        }

        @Override
        public void succeeded() {
            if (over.compareAndSet(false, true)) {
                outcome.accept(this);
                super.succeeded();
            }
        }

        @Override
        public void failed(Throwable failure) {
            if (over.compareAndSet(false, true)) {
                outcome.accept(this);
                super.failed(failure);
            }
        }
    }
}
