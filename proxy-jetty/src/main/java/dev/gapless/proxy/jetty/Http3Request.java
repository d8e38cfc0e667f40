package dev.gapless.proxy.jetty;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Invocable;
import org.jspecify.annotations.Nullable;

/**
 * A request that came over HTTP/3, where all come over one socket, with threads of its own. It knows whether it is being answered.
 */
final class Http3Request extends LanedRequest {
    /** What is being written to the client. For the lane, as all below. */
    private int writing;

    private boolean over;

    Http3Request(Request request, Lanes lanes, int lane) {
        super(request, lanes, lane);
    }

    /** Nothing is to be written any more. To be called by the lane. */
    void end() {
        over = true;
    }

    /**
     * {@return whether nobody else writes to the client now, nor will before the lane is done with its present task} Jetty answers
     * an Expect when it likes.
     */
    boolean isSilent() {
        return writing == 0 && !over && !getHeaders().contains(HttpHeader.EXPECT);
    }

    @Override
    Response response(Response response) {
        return new CountingResponse(super.response(response));
    }

    /** Counts what is being written. */
    private final class CountingResponse extends Response.Wrapper {
        CountingResponse(Response response) {
            super(Http3Request.this, response);
        }

        @Override
        public CompletableFuture<Void> writeInterim(int status, HttpFields headers) {
            writing++;
            return super.writeInterim(status, headers).whenComplete((done, failure) -> execute(() -> writing--));
        }

        @Override
        public void write(boolean last, @Nullable ByteBuffer part, Callback callback) {
            writing++;
            super.write(
                    last,
                    part,
                    Callback.from(
                            Invocable.InvocationType.NON_BLOCKING,
                            () -> {
                                writing--;
                                callback.succeeded();
                            },
                            failure -> {
                                writing--;
                                callback.failed(failure);
                            }));
        }
    }
}
