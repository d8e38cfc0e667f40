package dev.gapless.proxy.examples.benchmark;

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
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.HdrHistogram.Histogram;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/**
 * WebSockets, each of which sends a message as soon as the one before has come back. As little as possible is done for each. The
 * first second, in which the code gets compiled, does not count, but for the number of messages.
 */
final class WebSocketClients implements Callable<WebSocketClients> {
    private static final long WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int TIMEOUT_MILLIS = 5_000;
    private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

    private static final int BINARY_AND_LAST = 0x82;
    private static final int MASKED = 0x80;
    private static final int LENGTH_IN_2_BYTES = 126;
    private static final int MASKING_KEY = 0x5A0FF0A5;

    private final Selector selector = Selector.open();
    private final Histogram micros = new Histogram(TimeUnit.SECONDS.toMicros(60), 3);
    private final byte[] message;
    private final long nanos;
    private long begin;
    private long messages;
    private long errors;

    private WebSocketClients(int port, String host, String path, int connections, int messageBytes, int seconds)
            throws IOException {
        message = new byte[messageBytes];
        RandomGenerator.of("Random").nextBytes(message);
        nanos = TimeUnit.SECONDS.toNanos(seconds);
        for (int i = 0; i < connections; i++) {
            SocketChannel channel = connect(port, host, path);
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, new Client(channel));
        }
    }

    /** Arguments: port, host, path, the number of connections, the bytes of a message, and for how many seconds it counts. */
    @SuppressWarnings("SystemOut")
    public static void main(String[] args) throws Exception {
        List<WebSocketClients> threads = new ArrayList<>();
        for (int i = 0; i < Cores.PER_PROXY; i++) {
            threads.add(new WebSocketClients(
                    Integer.parseInt(args[0]),
                    args[1],
                    args[2],
                    Integer.parseInt(args[3]) / Cores.PER_PROXY,
                    Integer.parseInt(args[4]),
                    Integer.parseInt(args[5])));
        }
        ExecutorService executor = Executors.newFixedThreadPool(threads.size());
        Histogram all = new Histogram(threads.get(0).micros);
        long messages = 0;
        long errors = 0;
        for (Future<WebSocketClients> future : executor.invokeAll(threads)) {
            all.add(future.get().micros);
            messages += future.get().messages;
            errors += future.get().errors;
        }
        executor.shutdown();
        System.out.println(String.format(
                Locale.ROOT,
                "messages=%d perSecond=%.2f p50=%d p90=%d p99=%d max=%d errors=%d",
                messages,
                all.getTotalCount() / Double.parseDouble(args[5]),
                all.getValueAtPercentile(50),
                all.getValueAtPercentile(90),
                all.getValueAtPercentile(99),
                all.getMaxValue(),
                errors));
    }

    /** Opens a WebSocket and waits until it is open. */
    static SocketChannel connect(int port, String host, String path) throws IOException {
        SocketChannel channel = SocketChannel.open();
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.socket().setSoTimeout(TIMEOUT_MILLIS);
        channel.socket().connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
        String request = "GET " + path + " HTTP/1.1\r\nHost: " + host
                + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                + KEY
                + "\r\n\r\n";
        channel.socket().getOutputStream().write(request.getBytes(ISO_8859_1));
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = channel.socket().getInputStream().read();
            if (next < 0) {
                throw new EOFException("no WebSocket, but " + head);
            }
            head.append((char) next);
        }
        if (!head.toString().startsWith("HTTP/1.1 101 ")) {
            channel.close();
            throw new IOException("no WebSocket, but " + head);
        }
        return channel;
    }

    @Override
    public WebSocketClients call() throws IOException {
        begin = System.nanoTime();
        for (SelectionKey key : selector.keys()) {
            ((Client) key.attachment()).send();
        }
        while (System.nanoTime() - begin < WARM_UP_NANOS + nanos) {
            selector.select(key -> ((Client) key.attachment()).receive(), 100);
        }
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        return this;
    }

    private final class Client {
        private final SocketChannel channel;
        private final ByteBuffer frame;
        private final ByteBuffer expected;
        private final ByteBuffer received;
        private long sentAt;

        Client(SocketChannel channel) {
            this.channel = channel;
            frame = frame(MASKED, MASKING_KEY);
            expected = frame(0, 0);
            received = ByteBuffer.allocateDirect(expected.limit() + 1);
        }

        private ByteBuffer frame(int masked, int key) {
            int rotated = key;
            ByteBuffer bytes = ByteBuffer.allocateDirect(2 + Short.BYTES + Integer.BYTES + message.length);
            bytes.put((byte) BINARY_AND_LAST);
            if (message.length < LENGTH_IN_2_BYTES) {
                bytes.put((byte) (masked | message.length));
            } else {
                bytes.put((byte) (masked | LENGTH_IN_2_BYTES)).putShort((short) message.length);
            }
            if (masked != 0) {
                bytes.putInt(key);
            }
            for (byte each : message) {
                rotated = Integer.rotateLeft(rotated, Byte.SIZE);
                bytes.put((byte) (each ^ rotated));
            }
            return bytes.flip();
        }

        void send() throws IOException {
            sentAt = System.nanoTime();
            frame.rewind();
            while (frame.hasRemaining()) {
                channel.write(frame); // The one before has come back, so there is room.
            }
        }

        void receive() {
            try {
                if (channel.read(received) < 0) {
                    throw new EOFException("cut");
                }
                if (received.position() < expected.limit()) {
                    return;
                }
                if (!received.flip().equals(expected)) {
                    throw new IOException("not the echo");
                }
                received.clear();
                messages++;
                long now = System.nanoTime();
                if (now - begin >= WARM_UP_NANOS) {
                    micros.recordValue(TimeUnit.NANOSECONDS.toMicros(now - sentAt));
                }
                send();
            } catch (IOException e) {
                fail();
            }
        }

        private void fail() {
            errors++;
            try {
                channel.close();
            } catch (IOException e) {
                // It is of no use any more either way.
            }
        }
    }
}
