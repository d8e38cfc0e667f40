package dev.gapless.proxy.examples;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import static java.nio.charset.StandardCharsets.US_ASCII;

/** Many clients with an upload each, of which each sends a little at a time in turn; served by the thread that uses them. */
final class SlowUploaders implements AutoCloseable {
    private static final int LITTLE = 32 << 10;
    private static final long PATIENCE_SECONDS = 120;

    private final Selector selector = Selector.open();
    private final List<Uploader> uploaders = new ArrayList<>();
    private final Uploads uploads;
    private final long length;

    SlowUploaders(Uploads uploads, long length) throws IOException {
        this.uploads = uploads;
        this.length = length;
    }

    void connect(int port, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            SocketChannel channel = SocketChannel.open();
            // So that little of an upload can be on its way, and neither here nor with the proxy.
            channel.setOption(StandardSocketOptions.SO_SNDBUF, LITTLE);
            channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            String head = "POST /" + i + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n\r\n";
            channel.write(ByteBuffer.wrap(head.getBytes(US_ASCII)));
            channel.configureBlocking(false);
            Uploader uploader = new Uploader(i, channel.register(selector, 0));
            uploader.key.attach(uploader);
            uploaders.add(uploader);
        }
    }

    /** Sends each upload as far as this, all at the same time. */
    void sendTo(long position) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        uploaders.forEach(uploader -> uploader.key.interestOps(SelectionKey.OP_WRITE));
        int[] done = {0};
        while (done[0] < uploaders.size()) {
            checkTime(deadline, done[0] + " uploads have got to " + position);
            selector.select(1_000);
            for (SelectionKey key : selector.selectedKeys()) {
                done[0] += ((Uploader) key.attachment()).send(position) ? 1 : 0;
            }
            selector.selectedKeys().clear();
        }
    }

    /** Waits for the answers; returns how many are 200. */
    int awaitAnswers() throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        uploaders.forEach(uploader -> uploader.key.interestOps(SelectionKey.OP_READ));
        int done = 0;
        int right = 0;
        while (done < uploaders.size()) {
            checkTime(deadline, done + " answers have come");
            selector.select(1_000);
            for (SelectionKey key : selector.selectedKeys()) {
                done++;
                right += ((Uploader) key.attachment()).isAnsweredRight() ? 1 : 0;
                key.interestOps(0);
            }
            selector.selectedKeys().clear();
        }
        return right;
    }

    private static void checkTime(long deadline, String what) {
        if (System.nanoTime() > deadline) {
            throw new AssertionError("not in time, but " + what);
        }
    }

    @Override
    public void close() throws IOException {
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        selector.close();
    }

    private final class Uploader {
        private final int number;
        private final SelectionKey key;
        private long position;

        Uploader(int number, SelectionKey key) {
            this.number = number;
            this.key = key;
        }

        /** Sends a little; returns whether it has got as far as that. */
        boolean send(long end) throws IOException {
            ByteBuffer part = uploads.part(number, position, Math.min(LITTLE, end - position));
            position += ((SocketChannel) key.channel()).write(part);
            if (position == end) {
                key.interestOps(0);
            }
            return position == end;
        }

        boolean isAnsweredRight() throws IOException {
            ByteBuffer bytes = ByteBuffer.allocate(1_024);
            if (((SocketChannel) key.channel()).read(bytes) < 0) {
                throw new EOFException("no answer to upload " + number);
            }
            return US_ASCII.decode(bytes.flip()).toString().startsWith("HTTP/1.1 200 ");
        }
    }
}
