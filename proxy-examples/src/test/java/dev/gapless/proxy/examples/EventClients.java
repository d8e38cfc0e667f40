package dev.gapless.proxy.examples;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.http.HostPortHttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.LifeCycle;

import static java.nio.charset.StandardCharsets.US_ASCII;

/**
 * Many clients that wait for events: over HTTP/1.1, each on a connection of its own, or on streams of a few HTTP/2 connections. For
 * each event, one line, it is counted how many have got it.
 */
final class EventClients implements AutoCloseable {
    /** So many connections fit between one source address and one port, whatever the range of ephemeral ports. */
    private static final int PER_SOURCE_ADDRESS = 2_500;

    private static final long PATIENCE_SECONDS = 60;

    private final ConcurrentHashMap<String, AtomicInteger> got = new ConcurrentHashMap<>();
    private final AtomicInteger begun = new AtomicInteger();
    private final AtomicInteger ended = new AtomicInteger();
    private final Selector selector = Selector.open();
    private final Deque<SocketChannel> plain = new ArrayDeque<>();
    private final HTTP2Client http2 = new HTTP2Client();
    private final List<Session> sessions = new CopyOnWriteArrayList<>();
    private final Deque<Stream> streams = new ArrayDeque<>();

    EventClients() throws Exception {
        http2.setIdleTimeout(TimeUnit.MINUTES.toMillis(10));
        http2.start();
        Thread thread = new Thread(this::read, "event-clients");
        thread.setDaemon(true);
        thread.start();
    }

    /** How many have got a head. */
    int begun() {
        return begun.get();
    }

    /** How many have got to the end, or have been cut. */
    int ended() {
        return ended.get();
    }

    int got(String line) {
        return count(line).get();
    }

    private AtomicInteger count(String line) {
        return got.computeIfAbsent(line, unknown -> new AtomicInteger());
    }

    /** Begins one on a connection of its own. */
    void connect(int port) throws IOException {
        SocketChannel channel = SocketChannel.open();
        channel.bind(new InetSocketAddress(loopback(2 + plain.size() / PER_SOURCE_ADDRESS), 0));
        channel.connect(new InetSocketAddress(loopback(1), port));
        channel.write(ByteBuffer.wrap("GET /events HTTP/1.1\r\nHost: example.com\r\n\r\n".getBytes(US_ASCII)));
        channel.configureBlocking(false);
        plain.add(channel);
        channel.register(selector, SelectionKey.OP_READ, new Reading());
        selector.wakeup();
    }

    private static InetAddress loopback(int last) throws IOException {
        return InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) last});
    }

    /** Begins so many on one HTTP/2 connection. */
    void connectHttp2(int port, int count) throws Exception {
        Session session = http2.connect(new InetSocketAddress(loopback(1), port), new Session.Listener() {})
                .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        sessions.add(session);
        for (int i = 0; i < count; i++) {
            MetaData.Request request = new MetaData.Request(
                    "GET",
                    "http",
                    new HostPortHttpField("example.com"),
                    "/events",
                    HttpVersion.HTTP_2,
                    HttpFields.EMPTY,
                    -1);
            streams.add(session.newStream(new HeadersFrame(request, null, true), new Listening())
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS));
        }
    }

    /** So many of each kind leave. */
    void leave(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            plain.removeLast().close();
            Stream stream = streams.removeLast();
            stream.reset(new ResetFrame(stream.getId(), ErrorCode.CANCEL_STREAM_ERROR.code), Callback.NOOP);
        }
    }

    private void read() {
        try {
            while (selector.isOpen()) {
                selector.select(key -> read(key, (Reading) key.attachment()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void read(SelectionKey key, Reading reading) {
        ByteBuffer bytes = ByteBuffer.allocate(1024);
        try {
            if (((SocketChannel) key.channel()).read(bytes) >= 0) {
                reading.read(US_ASCII.decode(bytes.flip()));
                return;
            }
        } catch (IOException e) {
            // Reset.
        }
        key.cancel();
        reading.ends();
    }

    @Override
    public void close() throws IOException {
        for (SocketChannel channel : plain) {
            channel.close();
        }
        selector.close();
        LifeCycle.stop(http2);
    }

    /** What one has got. */
    private class Reading {
        private final StringBuilder text = new StringBuilder();

        void read(CharSequence more) {
            text.append(more);
            int headEnd = text.indexOf("HTTP/1.1 200 ") == 0 ? text.indexOf("\r\n\r\n") : -1;
            if (headEnd >= 0) {
                begun.incrementAndGet();
                text.delete(0, headEnd + 4);
            }
            int start = text.indexOf("data: ");
            for (int end = text.indexOf("\n\n"); start >= 0 && end > start; end = text.indexOf("\n\n")) {
                count(text.substring(start + 6, end)).incrementAndGet();
                text.delete(0, end + 2);
                start = text.indexOf("data: ");
            }
        }

        void ends() {
            ended.incrementAndGet();
        }
    }

    /** One of HTTP/2. */
    private final class Listening implements Stream.Listener {
        private final Reading reading = new Reading();

        @Override
        public void onHeaders(Stream stream, HeadersFrame frame) {
            if (((MetaData.Response) frame.getMetaData()).getStatus() == 200) {
                begun.incrementAndGet();
            }
            stream.demand();
        }

        @Override
        public void onDataAvailable(Stream stream) {
            for (Stream.Data data = stream.readData(); data != null; data = stream.readData()) {
                reading.read(US_ASCII.decode(data.frame().getByteBuffer()));
                data.release();
                if (data.frame().isEndStream()) {
                    reading.ends();
                    return;
                }
            }
            stream.demand();
        }

        @Override
        public void onReset(Stream stream, ResetFrame frame, Callback callback) {
            reading.ends();
            callback.succeeded();
        }

        @Override
        public void onFailure(Stream stream, int error, String reason, Throwable failure, Callback callback) {
            reading.ends();
            callback.succeeded();
        }
    }
}
