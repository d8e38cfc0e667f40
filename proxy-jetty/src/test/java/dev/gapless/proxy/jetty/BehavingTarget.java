package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Blocker;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Promise;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/** An application that does what a path says, be it good or bad. */
final class BehavingTarget extends Handler.Abstract {
    private final String name;
    private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
    private final ConcurrentMap<String, AtomicInteger> asked = new ConcurrentHashMap<>();
    private final Flood flood = new Flood();
    private final BlockingQueue<Callback> unanswered = new LinkedBlockingQueue<>();

    BehavingTarget(String name) {
        this.name = name;
    }

    /** Has the next event written of a stream that is under way, or under way soon. */
    void say(String message) {
        messages.add(message);
    }

    /** Answers a request that has been left without an answer. */
    void answerOne() throws InterruptedException {
        Callback waiting = unanswered.poll(20, TimeUnit.SECONDS);
        if (waiting == null) {
            throw new AssertionError("no request waits for an answer");
        }
        waiting.succeeded();
    }

    /** The one body of 100 MiB that can be asked for. */
    Flood flood() {
        return flood;
    }

    /** How often a path was asked for. */
    int asked(String path) {
        return asked.computeIfAbsent(path, any -> new AtomicInteger()).get();
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        String path = Request.getPathInContext(request);
        int times = asked.computeIfAbsent(path, any -> new AtomicInteger()).incrementAndGet();
        switch (path) {
            case "/echo" -> echo(request, response, callback);
            case "/head" -> Content.Sink.write(response, true, head(request), callback);
            case "/method" -> {
                response.getHeaders().put("X-Method", request.getMethod());
                Content.Sink.write(response, true, request.getMethod(), callback);
            }
            case "/big" -> response.write(true, ByteBuffer.allocate(8 << 20), callback);
            case "/flood" -> flood.into(response, callback);
            case "/drop" -> drop(request, callback);
            case "/flaky" -> {
                if (times == 1) {
                    drop(request, callback);
                } else {
                    Content.Sink.write(response, true, "again", callback);
                }
            }
            case "/half" -> half(request, response, callback);
            case "/never" -> unanswered.add(callback);
            case "/hints" ->
                response.writeInterim(103, HttpFields.build().add(HttpHeader.LINK, "</style.css>"))
                        .thenRun(() -> Content.Sink.write(response, true, "hinted", callback));
            case "/trailers" -> trailers(request, response, callback);
            case "/events" -> events(response, callback);
            case "/ws" -> {
                String key = request.getHeaders().get(HttpHeader.SEC_WEBSOCKET_KEY);
                response.getHeaders().put(HttpHeader.SEC_WEBSOCKET_ACCEPT, WebSockets.accept(key));
                EchoConnection.grant("websocket", request, response, callback);
            }
            case "/tunnel" -> EchoConnection.grant("echo", request, response, callback);
            default -> Content.Sink.write(response, true, name, callback);
        }
        return true;
    }

    /** What is sent without a length is read whole first: an answer that begins before is the last on the client's connection. */
    private static void echo(Request request, Response response, Callback callback) throws IOException {
        HttpField length = request.getHeaders().getField(HttpHeader.CONTENT_LENGTH);
        if (length == null) {
            response.write(true, Content.Source.asByteBuffer(request), callback);
        } else {
            response.getHeaders().add(length);
            Content.copy(request, response, callback);
        }
    }

    private static String head(Request request) {
        StringBuilder head = new StringBuilder(
                request.getMethod() + " " + request.getHttpURI().getPathQuery() + "\n");
        for (HttpField field : request.getHeaders()) {
            head.append(field.getName()).append(": ").append(field.getValue()).append('\n');
        }
        return head.toString();
    }

    /** Closes the connection without a word. */
    private static void drop(Request request, Callback callback) {
        EndPoint connection = request.getConnectionMetaData().getConnection().getEndPoint();
        connection.close();
        callback.failed(new IllegalStateException("dropped"));
    }

    private static void half(Request request, Response response, Callback callback) {
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, 10);
        response.write(false, BufferUtil.toBuffer("half"), Callback.from(() -> drop(request, callback)));
    }

    private static void trailers(Request request, Response response, Callback callback) {
        response.setTrailersSupplier(() -> HttpFields.build().add("X-Sum", "target's"));
        Content.Source.asString(request, ISO_8859_1, new Promise.Invocable.NonBlocking<>() {
            @Override
            public void succeeded(String body) {
                HttpFields sent = request.getTrailers();
                String sum = sent == null ? "none" : sent.get("X-Sum");
                response.write(
                        false,
                        BufferUtil.toBuffer(body + " " + sum),
                        Callback.from(() -> response.write(true, BufferUtil.EMPTY_BUFFER, callback), callback::failed));
            }

            @Override
            public void failed(Throwable failure) {
                callback.failed(failure);
            }
        });
    }

    /** Each as it is said, after the head, which comes at once; the last is "end". */
    private void events(Response response, Callback callback) throws Exception {
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/event-stream");
        write(response, "");
        String message = "";
        while (!"end".equals(message)) {
            message = messages.poll(20, TimeUnit.SECONDS);
            write(response, "data: " + message + "\n\n");
        }
        response.write(true, BufferUtil.EMPTY_BUFFER, callback);
    }

    private static void write(Response response, String text) throws IOException {
        try (Blocker.Callback written = Blocker.callback()) {
            response.write(false, BufferUtil.toBuffer(text), written);
            written.block();
        }
    }
}
