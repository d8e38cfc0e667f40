package dev.gapless.proxy.jetty;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.http.HostPortHttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpScheme;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.HTTP2Session;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.frames.DataFrame;
import org.eclipse.jetty.http2.frames.GoAwayFrame;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.http2.frames.SettingsFrame;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/** A client that speaks HTTP/2, by prior knowledge or within TLS, and says frame by frame what is sent. */
public final class Http2Client implements AutoCloseable {
    private static final int LARGEST_HEAD_BYTES = 256 * 1024;

    private static final int TRIES = 5;

    /** What a server has said of itself that has closed the connection instead. */
    private static final Map<Integer, Integer> GONE = new HashMap<>();

    /** How much of a response it takes that it does not read, unless told otherwise. */
    static final int WINDOW_BYTES = 1 << 20;

    /** Of all clients, as most are there for a request or two. */
    private static final QueuedThreadPool THREADS = startedThreads();

    private static final Scheduler SCHEDULER = startedScheduler();

    private final HTTP2Client client = new HTTP2Client(connector());
    private final String scheme;
    private final Session session;
    private Map<Integer, Integer> settings = Map.of();

    private Http2Client(int port, SslContextFactory.@Nullable Client tls, int window) throws Exception {
        client.setMaxRequestHeadersSize(LARGEST_HEAD_BYTES);
        client.setMaxResponseHeadersSize(LARGEST_HEAD_BYTES);
        client.setInitialStreamRecvWindow(window);
        client.getClientConnector().setSslContextFactory(tls);
        client.start();
        scheme = tls == null ? "http" : "https";
        session = connect(port, tls);
    }

    private static QueuedThreadPool startedThreads() {
        QueuedThreadPool threads = new QueuedThreadPool(1_000);
        threads.setName("http2-client");
        threads.setDaemon(true);
        threads.setReservedThreads(0);
        LifeCycle.start(threads);
        return threads;
    }

    private static Scheduler startedScheduler() {
        Scheduler scheduler = new ScheduledExecutorScheduler("http2-client-scheduler", true);
        LifeCycle.start(scheduler);
        return scheduler;
    }

    private static ClientConnector connector() {
        ClientConnector connector = new ClientConnector();
        connector.setExecutor(THREADS);
        connector.setScheduler(SCHEDULER);
        connector.setSelectors(1);
        return connector;
    }

    /** A proxy whose clients may not be idle for long may close the connection of one that has not been given time to begin. */
    private Session connect(int port, SslContextFactory.@Nullable Client tls) throws Exception {
        for (int i = 0; i < TRIES; i++) {
            Greeting greeting = new Greeting();
            Session connected = client.connect(
                            tls, new InetSocketAddress(InetAddress.getLoopbackAddress(), port), greeting)
                    .get(10, TimeUnit.SECONDS);
            settings = greeting.heard.get(10, TimeUnit.SECONDS);
            if (settings != GONE) {
                return connected;
            }
        }
        throw new IllegalStateException("the proxy closes each connection at once");
    }

    /** Of a stream that begins just when the server's settings come, Jetty's client may count these twice. */
    private static final class Greeting implements Session.Listener {
        private final CompletableFuture<Map<Integer, Integer>> heard = new CompletableFuture<>();

        @Override
        public void onSettings(Session session, SettingsFrame frame) {
            heard.complete(frame.getSettings());
        }

        @Override
        public void onClose(Session session, GoAwayFrame frame, Callback callback) {
            heard.complete(GONE);
            callback.succeeded();
        }

        @Override
        public void onFailure(Session session, Throwable failure, Callback callback) {
            heard.complete(GONE);
            callback.succeeded();
        }
    }

    public static Http2Client to(int port) throws Exception {
        return new Http2Client(port, null, WINDOW_BYTES);
    }

    /** One that takes so many bytes of a response that it does not read. */
    public static Http2Client withWindow(int port, int window) throws Exception {
        return new Http2Client(port, null, window);
    }

    /** One that speaks it over TLS, by ALPN. */
    static Http2Client overTls(int port, Certificates trusted) throws Exception {
        SslContextFactory.Client tls = new SslContextFactory.Client();
        tls.setSslContext(trusted.trusting());
        return new Http2Client(port, tls, WINDOW_BYTES);
    }

    /** As {@link #overTls(int, Certificates)}, with example.com as the name that it asks for in the handshake. */
    static Http2Client overTls(int port, SSLContext context) throws Exception {
        SslContextFactory.Client tls = new SslContextFactory.Client();
        tls.setSslContext(context);
        tls.setEndpointIdentificationAlgorithm(null);
        tls.setSNIProvider((engine, names) -> List.of(new SNIHostName("example.com")));
        return new Http2Client(port, tls, WINDOW_BYTES);
    }

    public Response get(String path, String... fields) throws Exception {
        return begin("GET", path, true, fields).response();
    }

    /** Sends a request's head, to the authority example.com, with fields as name, value, name, value. */
    public Sent begin(String method, String path, boolean end, String... fields) throws Exception {
        HttpFields.Mutable headers = HttpFields.build();
        for (int i = 0; i < fields.length; i += 2) {
            headers.add(fields[i], fields[i + 1]);
        }
        return send(
                new MetaData.Request(
                        method, scheme, new HostPortHttpField("example.com"), path, HttpVersion.HTTP_2, headers, -1),
                end);
    }

    private Sent send(MetaData.Request request, boolean end) throws Exception {
        Incoming incoming = new Incoming();
        Stream stream = session.newStream(new HeadersFrame(request, null, end), incoming)
                .get(10, TimeUnit.SECONDS);
        return new Sent(stream, incoming);
    }

    /** Asks for a WebSocket by an extended CONNECT, with fields as name, value, name, value. */
    public Sent connect(String protocol, String path, String... fields) throws Exception {
        return connect(protocol, path, false, fields);
    }

    /** Asks for a WebSocket, over which nothing will be said if that is the end. */
    public Sent connect(String protocol, String path, boolean end, String... fields) throws Exception {
        HttpFields.Mutable headers = HttpFields.build();
        for (int i = 0; i < fields.length; i += 2) {
            headers.add(fields[i], fields[i + 1]);
        }
        return send(
                new MetaData.ConnectRequest(scheme, new HostPortHttpField("example.com"), path, headers, protocol),
                end);
    }

    /** Asks for a tunnel to an authority, by a CONNECT that is not extended. */
    public Sent connect() throws Exception {
        return send(
                new MetaData.ConnectRequest(
                        (HttpScheme) null, new HostPortHttpField("example.com:443"), null, HttpFields.EMPTY, null),
                false);
    }

    /** {@return what the server has said of itself at first, by the numbers of RFC 9113, section 6.5.2} */
    public Map<Integer, Integer> settings() {
        return settings;
    }

    /** Says that it begins no more requests. */
    public void goAway() {
        ((HTTP2Session) session).goAway(GoAwayFrame.GRACEFUL, Callback.NOOP);
    }

    /** Closes the connection without a word. */
    public void disconnect() {
        ((HTTP2Session) session).getEndPoint().close();
    }

    @Override
    public void close() {
        LifeCycle.stop(client);
    }

    @SuppressWarnings("ArrayRecordComponent")
    public record Response(int status, HttpFields fields, byte[] body, HttpFields trailers) {
        public String text() {
            return new String(body, StandardCharsets.ISO_8859_1);
        }
    }

    /** A request under way. */
    public record Sent(Stream stream, Incoming incoming) {
        public Sent data(byte[] bytes, boolean end) throws Exception {
            stream.data(new DataFrame(stream.getId(), ByteBuffer.wrap(bytes), end))
                    .get(20, TimeUnit.SECONDS);
            return this;
        }

        public Sent trailers(HttpFields trailers) throws Exception {
            stream.headers(new HeadersFrame(stream.getId(), new MetaData(HttpVersion.HTTP_2, trailers), null, true))
                    .get(10, TimeUnit.SECONDS);
            return this;
        }

        public void reset() {
            stream.reset(new ResetFrame(stream.getId(), ErrorCode.CANCEL_STREAM_ERROR.code), Callback.NOOP);
        }

        public Response response() throws Exception {
            return incoming.response.get(20, TimeUnit.SECONDS);
        }

        /** The next part of the response's body, as it came. */
        public String message() throws InterruptedException {
            String message = incoming.messages.poll(20, TimeUnit.SECONDS);
            if (message == null) {
                throw new AssertionError("no part of the body has come");
            }
            return message;
        }

        /** The code with which the stream is reset, be it after the end of the response. */
        public int resetCode() throws Exception {
            return incoming.reset.get(20, TimeUnit.SECONDS);
        }

        /** The status of the next head, an interim one or the last. */
        public int nextStatus() throws InterruptedException {
            return nextHead().getStatus();
        }

        /** The next head, an interim one or the last. */
        public MetaData.Response nextHead() throws InterruptedException {
            MetaData.Response next = incoming.heads.poll(20, TimeUnit.SECONDS);
            if (next == null) {
                throw new AssertionError("no head has come: " + incoming.response);
            }
            return next;
        }

        /** The next bytes of the body, for which it waits. */
        public String next(int count) throws InterruptedException {
            return incoming.next(count);
        }

        /** Whether no head has come, but those that were asked for. */
        public boolean awaitsHead() {
            return incoming.heads.isEmpty();
        }

        /** Takes nothing more of the body, so that the windows close, until told to read on. */
        public void holdOff() {
            incoming.holdOff();
        }

        public void readOn() {
            incoming.readOn();
        }

        /** What has come of the body. */
        public String bodyText() {
            return incoming.body.toString(StandardCharsets.ISO_8859_1);
        }

        /** How much of the body {@link #next} has returned. */
        public int takenBytes() {
            return incoming.taken;
        }

        /** How much of the body has come. */
        public int bodyBytes() {
            return incoming.body.size();
        }
    }

    /** Whose parts can be read without a copy of the whole. */
    private static final class Body extends ByteArrayOutputStream {
        synchronized String text(int begin, int end) {
            return new String(buf, begin, end - begin, StandardCharsets.ISO_8859_1);
        }
    }

    /** Collects a response. */
    public static final class Incoming implements Stream.Listener {
        final CompletableFuture<Response> response = new CompletableFuture<>();
        private final Body body = new Body();
        private final BlockingQueue<MetaData.Response> heads = new LinkedBlockingQueue<>();
        private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
        private final CompletableFuture<Integer> reset = new CompletableFuture<>();
        private volatile MetaData.Response head;
        private int taken;
        private boolean holdsOff;
        private Stream waiting;

        private synchronized void holdOff() {
            holdsOff = true;
        }

        private void readOn() {
            Stream stream;
            synchronized (this) {
                holdsOff = false;
                stream = waiting;
                waiting = null;
            }
            if (stream != null) {
                onDataAvailable(stream);
            }
        }

        private synchronized boolean waits(Stream stream) {
            waiting = holdsOff ? stream : null;
            return holdsOff;
        }

        @Override
        public void onHeaders(Stream stream, HeadersFrame frame) {
            if (frame.getMetaData() instanceof MetaData.Response begun) {
                head = begun;
                heads.add(begun);
            }
            if (frame.isEndStream()) {
                boolean trailers = !frame.getMetaData().isResponse();
                complete(trailers ? frame.getMetaData().getHttpFields() : HttpFields.EMPTY);
            } else {
                stream.demand();
            }
        }

        @Override
        public void onDataAvailable(Stream stream) {
            if (waits(stream)) {
                return;
            }
            for (Stream.Data data = stream.readData(); data != null; data = stream.readData()) {
                ByteBuffer bytes = data.frame().getByteBuffer();
                byte[] copy = new byte[bytes.remaining()];
                bytes.get(copy);
                add(copy);
                if (copy.length > 0) {
                    messages.add(new String(copy, StandardCharsets.ISO_8859_1));
                }
                data.release();
                if (data.frame().isEndStream()) {
                    complete(HttpFields.EMPTY);
                    return;
                }
            }
            stream.demand();
        }

        private synchronized void add(byte[] bytes) {
            body.writeBytes(bytes);
            notifyAll();
        }

        private synchronized String next(int count) throws InterruptedException {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (body.size() < taken + count) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0 || response.isDone()) {
                    throw new AssertionError("no " + count + " bytes after " + body + ": " + response);
                }
                wait(left);
            }
            taken += count;
            return body.text(taken - count, taken);
        }

        private void complete(HttpFields trailers) {
            response.complete(new Response(head.getStatus(), head.getHttpFields(), body.toByteArray(), trailers));
        }

        @Override
        public void onReset(Stream stream, ResetFrame frame, Callback callback) {
            response.completeExceptionally(new IllegalStateException("reset with error " + frame.getError()));
            reset.complete(frame.getError());
            callback.succeeded();
        }

        @Override
        public void onFailure(Stream stream, int error, String reason, Throwable failure, Callback callback) {
            response.completeExceptionally(failure == null ? new IllegalStateException(reason) : failure);
            callback.succeeded();
        }
    }
}
