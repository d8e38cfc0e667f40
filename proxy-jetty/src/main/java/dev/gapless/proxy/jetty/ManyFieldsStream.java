package dev.gapless.proxy.jetty;

import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.1 stream for a response with many fields. Jetty asks for one after the other by its number, which it counts anew each
 * time where the fields are those that a response has: a head of 64 KiB would take its lane a second.
 */
final class ManyFieldsStream extends HttpStream.Wrapper {
    /** Below that a copy would not be worth it. */
    private static final int MANY = 100;

    private ManyFieldsStream(HttpStream wrapped) {
        super(wrapped);
    }

    /** Makes a request ready for a response with that head. */
    static void prepare(Request request, HttpFields head) {
        if (head.size() > MANY) {
            try {
                request.addHttpStreamWrapper(ManyFieldsStream::new);
            } catch (IllegalStateException e) {
                // There is nothing to wrap any more: the client has left.
            }
        }
    }

    @Override
    public void send(
            MetaData.Request request,
            MetaData.@Nullable Response response,
            boolean last,
            @Nullable ByteBuffer content,
            Callback callback) {
        super.send(request, response == null ? null : numbered(response), last, content, callback);
    }

    private static MetaData.Response numbered(MetaData.Response response) {
        return new MetaData.Response(
                response.getStatus(),
                response.getReason(),
                response.getHttpVersion(),
                HttpFields.build(response.getHttpFields()),
                response.getContentLength(),
                response.getTrailersSupplier());
    }
}
