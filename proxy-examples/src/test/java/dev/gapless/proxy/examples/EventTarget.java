package dev.gapless.proxy.examples;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import static java.nio.charset.StandardCharsets.US_ASCII;

/** A target that answers each request but probes with the head of an event stream, and says nothing more until it is told to. */
final class EventTarget implements AutoCloseable {
    private static final String HEALTHY = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    private static final String STREAM =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

    private final Selector selector = Selector.open();
    private final ServerSocketChannel server = ServerSocketChannel.open();
    private final Set<SocketChannel> streams = ConcurrentHashMap.newKeySet();

    EventTarget() throws IOException {
        server.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0), 4096);
        server.configureBlocking(false);
        server.register(selector, SelectionKey.OP_ACCEPT);
        Thread thread = new Thread(this::serve, "event-target");
        thread.setDaemon(true);
        thread.start();
    }

    String address() throws IOException {
        return "127.0.0.1:" + ((InetSocketAddress) server.getLocalAddress()).getPort();
    }

    /** How many streams the proxy has not closed. */
    int streams() {
        return streams.size();
    }

    /** Sends an event of one line to all. */
    void broadcast(String line) throws IOException {
        String event = "data: " + line + "\n\n";
        String chunk = Integer.toHexString(event.length()) + "\r\n" + event + "\r\n";
        for (SocketChannel stream : streams) {
            write(stream, chunk);
        }
    }

    private static void write(SocketChannel to, String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(US_ASCII));
        if (to.write(bytes) < text.length()) {
            throw new IOException("no room for an event");
        }
    }

    private void serve() {
        try {
            while (selector.isOpen()) {
                selector.select(this::serve);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void serve(SelectionKey key) {
        try {
            if (key.isAcceptable()) {
                accept();
            } else {
                read(key, (SocketChannel) key.channel());
            }
        } catch (IOException e) {
            end(key);
        }
    }

    private void accept() throws IOException {
        for (SocketChannel next = server.accept(); next != null; next = server.accept()) {
            next.configureBlocking(false);
            next.register(selector, SelectionKey.OP_READ, new Incoming());
        }
    }

    private void read(SelectionKey key, SocketChannel channel) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(4096);
        if (channel.read(bytes) < 0) {
            end(key);
            return;
        }
        StringBuilder head = ((Incoming) key.attachment()).head;
        head.append(US_ASCII.decode(bytes.flip()));
        if (head.indexOf("\r\n\r\n") >= 0) {
            boolean probe = head.indexOf("GET /up ") == 0;
            head.setLength(0);
            write(channel, probe ? HEALTHY : STREAM);
            if (!probe) {
                streams.add(channel);
            }
        }
    }

    private void end(SelectionKey key) {
        try (SocketChannel channel = (SocketChannel) key.channel()) {
            streams.remove(channel);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        selector.close();
    }

    /** What has come of the next request. */
    private static final class Incoming {
        private final StringBuilder head = new StringBuilder();
    }
}
