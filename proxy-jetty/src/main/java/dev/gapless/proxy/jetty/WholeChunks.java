package dev.gapless.proxy.jetty;

import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ContextResponse;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;

import static java.nio.charset.StandardCharsets.US_ASCII;

/**
 * The body of a response to a client of HTTP/1.1 that has no length, each part of which is a chunk with its end (RFC 9112, section
 * 7.1). Jetty ends a chunk only when the next one comes. There are clients that wait for that end, urllib3's being the most
 * common, and they would see each event of a stream when the next one comes.
 *
 * <p>So the chunks between the head and the last are written past Jetty, which knows of none and just ends the body.
 */
final class WholeChunks implements Content.Sink {
    private static final byte[] LINE_END = {'\r', '\n'};

    private final Response response;
    private final EndPoint connection;
    private final Executor callbacks;
    private boolean begun;

    WholeChunks(Response response) {
        this.response = response;
        this.connection =
                response.getRequest().getConnectionMetaData().getConnection().getEndPoint();
        this.callbacks = LanedRequest.callbacksOf(response.getRequest());
    }

    /**
     * Whether chunks may be written past a response. Over a connection of the host's there may be handlers in between that change
     * what is written to it, or another protocol than HTTP/1.1 itself.
     */
    static boolean suit(Response response) {
        Response within = response;
        while (within instanceof RevisedResponse
                || within instanceof LanedRequest.LanedResponse
                || within instanceof ContextResponse) {
            within = ((Response.Wrapper) within).getWrapped();
        }
        return !(within instanceof Response.Wrapper)
                && response.getRequest().getConnectionMetaData().getConnection() instanceof Connection.Tunnel;
    }

    @Override
    public void write(boolean last, ByteBuffer part, Callback callback) {
        if (last) {
            response.write(true, part, callback);
        } else if (!begun) {
            begun = true;
            response.write(
                    false, BufferUtil.EMPTY_BUFFER, part.hasRemaining() ? new AfterHead(part, callback) : callback);
        } else if (part.hasRemaining()) {
            writeChunk(part, callback);
        } else {
            callback.succeeded(); // An empty chunk would be the last.
        }
    }

    private void writeChunk(ByteBuffer part, Callback callback) {
        ByteBuffer size = ByteBuffer.wrap((Integer.toHexString(part.remaining()) + "\r\n").getBytes(US_ASCII));
        connection.write(LanedRequest.on(callbacks, callback), size, part, ByteBuffer.wrap(LINE_END));
    }

    /** Writes the first part when the head is written. */
    private final class AfterHead extends Callback.Nested {
        private final ByteBuffer part;

        AfterHead(ByteBuffer part, Callback then) {
            super(then);
            this.part = part;
        }

        @Override
        public void succeeded() {
            writeChunk(part, getCallback());
        }
    }
}
