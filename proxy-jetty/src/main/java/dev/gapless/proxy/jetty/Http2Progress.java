package dev.gapless.proxy.jetty;

import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http2.ErrorCode;
import org.jspecify.annotations.Nullable;

/**
 * How a request fares over HTTP/2. Jetty's client tells of a failure but not how far the request had got; what it hands down
 * to the frames of a request is the supplier of its trailers, so this is one.
 */
final class Http2Progress implements Supplier<@Nullable HttpFields> {
    /** Says that no code has come. */
    static final int NONE = -1;

    private final @Nullable Supplier<HttpFields> trailers;
    private final SharedConnectionPool.Shared connection;
    private final long receivedBefore;
    private volatile boolean headSent;
    private volatile int resetCode = NONE;

    Http2Progress(@Nullable Supplier<HttpFields> trailers, SharedConnectionPool.Shared connection) {
        this.trailers = trailers;
        this.connection = connection;
        this.receivedBefore = connection.received();
    }

    /** {@return the trailers, if there are any} */
    @Override
    public @Nullable HttpFields get() {
        return trailers == null ? null : trailers.get();
    }

    void headIsSent() {
        headSent = true;
    }

    /** The target has reset the stream. */
    void resetBy(int code) {
        resetCode = code;
    }

    /** The response has not begun in time. */
    void timeIsOver() {
        if (connection.received() == receivedBefore) {
            connection.suspect();
        }
    }

    /** {@return the code with which the target has reset the stream, or {@link #NONE}} */
    int resetCode() {
        return resetCode;
    }

    /** Whether the target cannot have acted on it: it was not sent, or the target says so (RFC 9113, section 8.7). */
    boolean isUnprocessed() {
        return !headSent || resetCode == ErrorCode.REFUSED_STREAM_ERROR.code;
    }
}
