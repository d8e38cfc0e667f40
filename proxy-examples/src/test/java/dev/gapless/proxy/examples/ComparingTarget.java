package dev.gapless.proxy.examples;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

import static java.nio.charset.StandardCharsets.US_ASCII;

/** A target with one thread, which answers uploads with 200 if each byte is what was sent, and with 409 otherwise. */
final class ComparingTarget implements AutoCloseable {
    private static final String END_OF_HEAD = "\r\n\r\n";

    private final Selector selector = Selector.open();
    private final ServerSocketChannel listener = ServerSocketChannel.open();
    private final Uploads uploads;
    private final long length;
    private final AtomicInteger begun = new AtomicInteger();
    private final Set<Integer> identical = ConcurrentHashMap.newKeySet();

    ComparingTarget(Uploads uploads, long length) throws IOException {
        this.uploads = uploads;
        this.length = length;
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1_000);
        listener.configureBlocking(false);
        listener.register(selector, SelectionKey.OP_ACCEPT);
        Thread thread = new Thread(this::serve, "comparing-target");
        thread.setDaemon(true);
        thread.start();
    }

    String address() throws IOException {
        return "127.0.0.1:" + ((InetSocketAddress) listener.getLocalAddress()).getPort();
    }

    /** How many uploads it has got a head of. */
    int begun() {
        return begun.get();
    }

    /** Those that have come as they were sent. */
    Set<Integer> identical() {
        return identical;
    }

    private void serve() {
        try {
            while (selector.isOpen()) {
                selector.select(this::serve);
            }
        } catch (IOException | ClosedSelectorException e) {
            // It is closed.
        }
    }

    private void serve(SelectionKey key) {
        try {
            if (key.isAcceptable()) {
                SocketChannel channel = listener.accept();
                channel.configureBlocking(false);
                channel.register(selector, SelectionKey.OP_READ, new Connection(channel));
            } else {
                ((Connection) key.attachment()).read();
            }
        } catch (IOException e) {
            key.cancel();
        }
    }

    @Override
    public void close() throws IOException {
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        selector.close();
    }

    private final class Connection {
        private final SocketChannel channel;
        private final ByteBuffer bytes = ByteBuffer.allocateDirect(64 << 10);
        private final StringBuilder head = new StringBuilder();
        private int upload = -1;
        private long position;
        private boolean differs;

        Connection(SocketChannel channel) {
            this.channel = channel;
        }

        void read() throws IOException {
            if (channel.read(bytes) < 0) {
                channel.close();
                return;
            }
            bytes.flip();
            while (bytes.hasRemaining()) {
                if (upload < 0) {
                    readHead();
                } else {
                    readBody();
                }
            }
            bytes.clear();
        }

        private void readHead() throws IOException {
            head.append((char) bytes.get());
            if (head.lastIndexOf(END_OF_HEAD) != head.length() - END_OF_HEAD.length() || head.length() < 4) {
                return;
            }
            String path = head.toString().split(" ", 3)[1];
            boolean declared =
                    head.toString().toLowerCase(Locale.ROOT).contains("\r\ncontent-length: " + length + "\r\n");
            head.setLength(0);
            if (path.equals("/up")) {
                answer(200);
                return;
            }
            begun.incrementAndGet();
            upload = Integer.parseInt(path.substring(1));
            position = 0;
            differs = !declared;
        }

        private void readBody() throws IOException {
            ByteBuffer expected = uploads.part(upload, position, Math.min(bytes.remaining(), length - position));
            ByteBuffer got = bytes.slice(bytes.position(), expected.remaining());
            differs |= got.mismatch(expected) >= 0;
            position += got.remaining();
            bytes.position(bytes.position() + got.remaining());
            if (position == length) {
                if (!differs) {
                    identical.add(upload);
                }
                upload = -1;
                answer(differs ? 409 : 200);
            }
        }

        private void answer(int status) throws IOException {
            channel.write(
                    ByteBuffer.wrap(("HTTP/1.1 " + status + " X\r\nContent-Length: 0\r\n\r\n").getBytes(US_ASCII)));
        }
    }
}
