package dev.gapless.proxy.examples;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;

import static java.nio.charset.StandardCharsets.US_ASCII;

/** Many HTTP/1.1 connections, each of which sends one request; served by the thread that waits for their answers. */
final class PlainClients implements AutoCloseable {
    /** So many connections fit between one source address and one port, whatever the range of ephemeral ports. */
    private static final int PER_SOURCE_ADDRESS = 2_500;

    private static final long PATIENCE_SECONDS = 60;

    private final Selector selector = Selector.open();
    private int connections;

    PlainClients() throws IOException {}

    /** Connects and asks for a path. */
    void send(int port, String path) throws IOException {
        SocketChannel channel = SocketChannel.open();
        channel.bind(new InetSocketAddress(loopback(2 + connections++ / PER_SOURCE_ADDRESS), 0));
        channel.connect(new InetSocketAddress(loopback(1), port));
        channel.write(ByteBuffer.wrap(("GET " + path + " HTTP/1.1\r\nHost: example.com\r\n\r\n").getBytes(US_ASCII)));
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ, new Answer(path));
    }

    private static InetAddress loopback(int last) throws IOException {
        return InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) last});
    }

    /** Waits for the answers; returns how many are 200 with the path that was asked for. */
    int awaitAnswers() throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        int[] outcomes = new int[2];
        while (outcomes[0] + outcomes[1] < connections && System.nanoTime() < deadline) {
            selector.select(
                    key -> {
                        Answer answer = (Answer) key.attachment();
                        if (answer.read((SocketChannel) key.channel())) {
                            outcomes[answer.isRight() ? 0 : 1]++;
                            key.interestOps(0);
                        }
                    },
                    1_000);
        }
        return outcomes[0];
    }

    @Override
    public void close() throws IOException {
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        selector.close();
    }

    private static final class Answer {
        private final String path;
        private final StringBuilder text = new StringBuilder();

        Answer(String path) {
            this.path = path;
        }

        /** Returns whether it is over. */
        boolean read(SocketChannel channel) {
            ByteBuffer bytes = ByteBuffer.allocate(1_024);
            try {
                int length = channel.read(bytes);
                text.append(US_ASCII.decode(bytes.flip()));
                return length < 0
                        || isRight()
                        || (text.length() > 12 && !text.substring(9, 12).equals("200"));
            } catch (IOException e) {
                return true;
            }
        }

        boolean isRight() {
            return text.indexOf("HTTP/1.1 200 ") == 0 && text.toString().endsWith("\r\n\r\n" + path);
        }
    }
}
