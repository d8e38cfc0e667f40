package dev.gapless.proxy.jetty;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.HTTP2Session;
import org.eclipse.jetty.http2.RateControl;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.api.server.ServerSessionListener;
import org.eclipse.jetty.http2.frames.DataFrame;
import org.eclipse.jetty.http2.frames.GoAwayFrame;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.http2.frames.SettingsFrame;
import org.eclipse.jetty.http2.server.RawHTTP2ServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/** A target that speaks HTTP/2 and says frame by frame what it answers. Probes of /up are healthy. */
final class Http2Target implements AutoCloseable {
    /** Answers when the head of a request has come; must not block. */
    interface Answer {
        void to(Incoming request) throws Exception;
    }

    private final Server server = new Server();
    private final ServerConnector connector;
    private final String scheme;
    private final Answer answer;
    private final BlockingQueue<Incoming> taken = new LinkedBlockingQueue<>();
    private final List<Session> sessions = new CopyOnWriteArrayList<>();
    private final List<Session> carriers = new CopyOnWriteArrayList<>();
    private final Map<Integer, Integer> settings = new HashMap<>();

    private Http2Target(Answer answer, SslContextFactory.Server tls) {
        this.answer = answer;
        this.scheme = tls == null ? "h2c" : "https";
        HttpConfiguration large = new HttpConfiguration();
        large.setRequestHeaderSize(1 << 20);
        large.setResponseHeaderSize(1 << 20);
        large.setMaxResponseHeaderSize(1 << 20);
        RawHTTP2ServerConnectionFactory http2 = new RawHTTP2ServerConnectionFactory(large, new Sessions());
        http2.setInitialStreamRecvWindow(1 << 20);
        http2.setInitialSessionRecvWindow(64 << 20);
        http2.setRateControlFactory(new RateControl.Factory() {});
        if (tls == null) {
            connector = new ServerConnector(server, http2);
        } else {
            ALPNServerConnectionFactory alpn = new ALPNServerConnectionFactory("h2");
            alpn.setDefaultProtocol("h2");
            connector = new ServerConnector(server, new SslConnectionFactory(tls, "alpn"), alpn, http2);
        }
        connector.setHost("127.0.0.1");
        connector.setIdleTimeout(120_000);
        server.addConnector(connector);
    }

    /** One in clear text. */
    static Http2Target answering(Answer answer) throws Exception {
        return new Http2Target(answer, null);
    }

    /** One within TLS. */
    static Http2Target answering(Certificates certificate, Answer answer) throws Exception {
        return new Http2Target(answer, server(certificate));
    }

    static SslContextFactory.Server server(Certificates certificate) {
        SslContextFactory.Server tls = new SslContextFactory.Server();
        tls.setKeyStore(certificate.store());
        tls.setKeyStorePassword("password");
        return tls;
    }

    /** Answers every request with 200 and the text. */
    static Http2Target saying(String text) throws Exception {
        return answering(request -> request.respond(text));
    }

    /** Has a setting sent with the first, before {@link #start}. */
    Http2Target with(int setting, int value) {
        settings.put(setting, value);
        return this;
    }

    Http2Target start() throws Exception {
        server.start();
        return this;
    }

    int port() {
        return connector.getLocalPort();
    }

    String address() {
        return scheme + "://127.0.0.1:" + port();
    }

    /** The next request it has got, probes apart. */
    Incoming taken() throws InterruptedException {
        Incoming request = taken.poll(20, TimeUnit.SECONDS);
        if (request == null) {
            throw new AssertionError("the target has got no request");
        }
        return request;
    }

    boolean hasTakenNone() {
        return taken.isEmpty();
    }

    /** How many connections have ever carried a request. */
    int usedConnections() {
        return carriers.size();
    }

    /** How many connections are open that have carried a request. */
    long openConnections() {
        return carriers.stream().filter(Http2Target::isOpen).count();
    }

    /** How many connections are open, those of probes among them. */
    long allOpenConnections() {
        return sessions.stream().filter(Http2Target::isOpen).count();
    }

    private static boolean isOpen(Session session) {
        return ((HTTP2Session) session).getEndPoint().isOpen();
    }

    /** Closes each connection without a word. */
    void breakConnections() {
        sessions.forEach(session -> ((HTTP2Session) session).getEndPoint().close());
    }

    /** Tells each connection's client to allow so many requests at once from now on. */
    void allow(int streams) {
        sessions.forEach(session -> session.settings(
                new SettingsFrame(Map.of(SettingsFrame.MAX_CONCURRENT_STREAMS, streams), false), Callback.NOOP));
    }

    /** Announces on each connection that it goes away, as a graceful restart does, after the requests that it has got. */
    void goAway() {
        sessions.forEach(session -> session.close(ErrorCode.NO_ERROR.code, "restart", Callback.NOOP));
    }

    /** As above, in the two steps that allow for requests that are on their way. */
    void goAwayGracefully() {
        sessions.forEach(Session::shutdown);
    }

    @Override
    public void close() {
        LifeCycle.stop(server);
    }

    private final class Sessions implements ServerSessionListener {
        @Override
        public Map<Integer, Integer> onPreface(Session session) {
            return settings;
        }

        @Override
        public void onAccept(Session session) {
            sessions.add(session);
        }

        @Override
        public Stream.Listener onNewStream(Stream stream, HeadersFrame frame) {
            Incoming incoming = new Incoming(stream, (MetaData.Request) frame.getMetaData());
            boolean probe = "/up".equals(incoming.path());
            if (frame.isEndStream()) {
                incoming.whole.complete(incoming);
            } else {
                stream.demand();
            }
            try {
                if (probe) {
                    incoming.respond(200, true);
                } else {
                    if (!carriers.contains(stream.getSession())) {
                        carriers.add(stream.getSession());
                    }
                    taken.add(incoming);
                    answer.to(incoming);
                }
            } catch (Exception e) {
                throw new AssertionError(e);
            }
            return incoming;
        }
    }

    /** A request, and its response so far. */
    static final class Incoming implements Stream.Listener {
        private final Stream stream;
        private final MetaData.Request head;
        private final ByteArrayOutputStream body = new ByteArrayOutputStream();
        private final CompletableFuture<Incoming> whole = new CompletableFuture<>();
        private final CompletableFuture<Integer> reset = new CompletableFuture<>();
        private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
        private CompletableFuture<Stream> sent = CompletableFuture.completedFuture(null);
        private volatile HttpFields trailers = HttpFields.EMPTY;
        private volatile boolean takesBody = true;

        private Incoming(Stream stream, MetaData.Request head) {
            this.stream = stream;
            this.head = head;
        }

        String method() {
            return head.getMethod();
        }

        String path() {
            return head.getHttpURI().getPathQuery();
        }

        String scheme() {
            return head.getHttpURI().getScheme();
        }

        String authority() {
            return head.getHttpURI().getAuthority();
        }

        HttpFields fields() {
            return head.getHttpFields();
        }

        Stream stream() {
            return stream;
        }

        HTTP2Session session() {
            return (HTTP2Session) stream.getSession();
        }

        /** Waits for its end. */
        Incoming whole() throws Exception {
            return whole.get(20, TimeUnit.SECONDS);
        }

        boolean isWhole() {
            return whole.isDone();
        }

        void whenWhole(Runnable then) {
            whole.thenRun(then);
        }

        synchronized byte[] body() {
            return body.toByteArray();
        }

        String text() {
            return new String(body(), StandardCharsets.ISO_8859_1);
        }

        HttpFields trailers() {
            return trailers;
        }

        /** Waits for the next part of the body. */
        String message() throws InterruptedException {
            String message = messages.poll(20, TimeUnit.SECONDS);
            if (message == null) {
                throw new AssertionError("no part of the body has come");
            }
            return message;
        }

        /** Waits until the proxy resets it. Returns the code. */
        int resetCode() throws Exception {
            return reset.get(20, TimeUnit.SECONDS);
        }

        boolean isReset() {
            return reset.isDone();
        }

        /** Reads nothing more of the body. */
        void takeNothing() {
            takesBody = false;
        }

        void respond(String text) {
            respond(200, false);
            data(text, true);
        }

        /** Sends a head, with fields as name, value, name, value. */
        void respond(int status, boolean end, String... fields) {
            MetaData.Response response = new MetaData.Response(status, null, HttpVersion.HTTP_2, fields(fields));
            send(() -> stream.headers(new HeadersFrame(stream.getId(), response, null, end)));
        }

        void data(String text, boolean end) {
            data(text.getBytes(StandardCharsets.ISO_8859_1), end);
        }

        CompletableFuture<Stream> data(byte[] bytes, boolean end) {
            return send(() -> stream.data(new DataFrame(stream.getId(), ByteBuffer.wrap(bytes), end)));
        }

        void trailers(String... fields) {
            MetaData trailing = new MetaData(HttpVersion.HTTP_2, fields(fields));
            send(() -> stream.headers(new HeadersFrame(stream.getId(), trailing, null, true)));
        }

        /** Jetty takes one frame of a stream at a time. */
        private synchronized CompletableFuture<Stream> send(Supplier<CompletableFuture<Stream>> frame) {
            sent = sent.thenCompose(stream -> frame.get());
            return sent;
        }

        void reset(ErrorCode code) {
            stream.reset(new ResetFrame(stream.getId(), code.code), Callback.NOOP);
        }

        /** Announces that the connection goes away, and that requests from a stream on were not looked at. */
        void goAwayAfter(int lastStreamId) {
            session().goAway(new GoAwayFrame(lastStreamId, ErrorCode.NO_ERROR.code, null), Callback.NOOP);
        }

        /** Sends heads of any length from now on, whatever the proxy has said that it takes. */
        void ignoreHeadLimit() {
            session().getGenerator().getHpackEncoder().setMaxHeaderListSize(1 << 20);
        }

        private static HttpFields fields(String... fields) {
            HttpFields.Mutable headers = HttpFields.build();
            for (int i = 0; i < fields.length; i += 2) {
                headers.add(fields[i], fields[i + 1]);
            }
            return headers;
        }

        @Override
        public void onHeaders(Stream stream, HeadersFrame frame) {
            trailers = frame.getMetaData().getHttpFields();
            whole.complete(this);
        }

        @Override
        public void onDataAvailable(Stream stream) {
            if (!takesBody) {
                return;
            }
            for (Stream.Data data = stream.readData(); data != null; data = stream.readData()) {
                ByteBuffer bytes = data.frame().getByteBuffer();
                byte[] copy = new byte[bytes.remaining()];
                bytes.get(copy);
                boolean last = data.frame().isEndStream();
                data.release();
                synchronized (this) {
                    body.writeBytes(copy);
                }
                if (copy.length > 0) {
                    messages.add(new String(copy, StandardCharsets.ISO_8859_1));
                }
                if (last) {
                    whole.complete(this);
                    return;
                }
            }
            stream.demand();
        }

        @Override
        public void onReset(Stream stream, ResetFrame frame, Callback callback) {
            reset.complete(frame.getError());
            callback.succeeded();
        }

        @Override
        public void onFailure(Stream stream, int error, String reason, Throwable failure, Callback callback) {
            whole.completeExceptionally(failure == null ? new IllegalStateException(reason) : failure);
            callback.succeeded();
        }
    }
}
