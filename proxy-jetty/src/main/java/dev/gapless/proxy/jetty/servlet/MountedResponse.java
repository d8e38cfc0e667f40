package dev.gapless.proxy.jetty.servlet;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.eclipse.jetty.ee11.servlet.ServletContextRequest;
import org.eclipse.jetty.ee11.servlet.ServletCoreResponse;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ContextResponse;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** The responses of a servlet as the data plane has to have them. */
final class MountedResponse {
    private MountedResponse() {}

    static Response of(MountedRequest request, HttpServletResponse response, ServletContextRequest context) {
        Response connected = context.getServletChannel().getResponse();
        return response == context.getServletContextResponse().getServletApiResponse()
                ? new Direct(context, request, connected)
                : new ByStream(request, response, context.getComponents().getExecutor());
    }

    /** One that nobody has wrapped: written to as the connection takes it, with a head in which the container changes nothing. */
    private static final class Direct extends ContextResponse {
        private final HttpFields.Mutable head;

        Direct(ServletContextRequest context, MountedRequest request, Response connected) {
            super(context.getServletContext(), request, connected);
            // The response of the context adds a character set to a content type without.
            head = connected instanceof ContextResponse ofContext
                    ? ofContext.getWrapped().getHeaders()
                    : connected.getHeaders();
        }

        @Override
        public HttpFields.Mutable getHeaders() {
            return head;
        }

        /** What is told of it belongs to the proxy, not to the context. */
        @Override
        public void write(boolean last, ByteBuffer part, Callback callback) {
            getWrapped().write(last, part, callback);
        }
    }

    /** One that a filter has wrapped, who wants to see what is written: by a thread that waits until that is taken. */
    private static final class ByStream extends Response.Wrapper {
        private final HttpServletResponse response;
        private final Executor threads;
        private @Nullable Supplier<HttpFields> trailers;

        ByStream(Request request, HttpServletResponse response, Executor threads) {
            super(request, ServletCoreResponse.wrap(request, response, false));
            this.response = response;
            this.threads = threads;
        }

        @Override
        public void write(boolean last, ByteBuffer part, Callback callback) {
            threads.execute(() -> {
                try {
                    write(last, part);
                } catch (IOException | RuntimeException | Error e) {
                    callback.failed(e);
                    return;
                }
                callback.succeeded();
            });
        }

        private void write(boolean last, ByteBuffer part) throws IOException {
            OutputStream out = response.getOutputStream();
            BufferUtil.writeTo(part, out);
            if (last) {
                out.close();
            } else {
                response.flushBuffer();
            }
        }

        @Override
        public @Nullable Supplier<HttpFields> getTrailersSupplier() {
            return trailers;
        }

        @Override
        public void setTrailersSupplier(Supplier<HttpFields> supplier) {
            trailers = supplier;
            response.setTrailerFields(() -> fields(supplier.get()));
        }

        private static @Nullable Map<String, String> fields(@Nullable HttpFields from) {
            if (from == null) {
                return null;
            }
            Map<String, String> fields = new LinkedHashMap<>();
            for (HttpField field : from) {
                fields.merge(field.getName(), field.getValue(), (before, more) -> before + ", " + more);
            }
            return fields;
        }
    }
}
