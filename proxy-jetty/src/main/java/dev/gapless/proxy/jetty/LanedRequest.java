package dev.gapless.proxy.jetty;

import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Invocable;

/**
 * A request that came in on no lane, since its connection is not one of the proxy's listeners. It is
 * given a lane, and whatever is heard of the request is heard there, so that its exchange is served by one thread as others are.
 */
final class LanedRequest extends Request.Wrapper {
    private final Lanes lanes;
    private final int lane;

    LanedRequest(Request request, Lanes lanes, int lane) {
        super(request);
        this.lanes = lanes;
        this.lane = lane;
    }

    int lane() {
        return lane;
    }

    /** Runs a task on the lane, after what that does now. */
    void execute(Runnable task) {
        lanes.execute(lane, task);
    }

    /** {@return the listener, which hears on the request's lane if that is not its connection's own} */
    static ClientWatch.Listener onLane(Request request, ClientWatch.Listener listener) {
        LanedRequest laned = Request.as(request, LanedRequest.class);
        return laned == null
                ? listener
                : new ClientWatch.Listener() {
                    @Override
                    public void clientLeft() {
                        laned.execute(listener::clientLeft);
                    }

                    @Override
                    public void watchIsFull() {
                        laned.execute(listener::watchIsFull);
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

    private final class LanedResponse extends Response.Wrapper {
        LanedResponse(Response response) {
            super(LanedRequest.this, response);
        }

        @Override
        public void write(boolean last, ByteBuffer part, Callback callback) {
            super.write(last, part, new Callback() {
                @Override
                public void succeeded() {
                    execute(callback::succeeded);
                }

                @Override
                public void failed(Throwable failure) {
                    execute(() -> callback.failed(failure));
                }

                @Override
                public InvocationType getInvocationType() {
                    return InvocationType.NON_BLOCKING;
                }
            });
        }
    }
}
