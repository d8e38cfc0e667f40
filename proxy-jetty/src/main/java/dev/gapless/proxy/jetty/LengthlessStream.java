package dev.gapless.proxy.jetty;

import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/2 stream for a response whose target may not have said how long it is, and then the proxy does not either. Jetty
 * declares the length where it knows the end when it sends the head, which a gRPC response of trailers only does not have.
 */
final class LengthlessStream extends HttpStream.Wrapper {
    private volatile boolean lengthless;

    LengthlessStream(HttpStream wrapped) {
        super(wrapped);
    }

    /** From now on no length is declared. */
    void declareNoLength() {
        lengthless = true;
    }

    @Override
    public void send(
            MetaData.Request request,
            MetaData.@Nullable Response response,
            boolean last,
            @Nullable ByteBuffer content,
            Callback callback) {
        super.send(
                request, response == null || !lengthless ? response : withoutLength(response), last, content, callback);
    }

    private static MetaData.Response withoutLength(MetaData.Response response) {
        return new MetaData.Response(
                response.getStatus(),
                response.getReason(),
                response.getHttpVersion(),
                HttpFields.build(response.getHttpFields()).remove(HttpHeader.CONTENT_LENGTH),
                -1,
                response.getTrailersSupplier());
    }
}
