package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;

/**
 * A server that does as little as there is to do: for each connection that is readable one read, and one write of the answer to
 * all that has come. So it is the proxies that are measured, and not this.
 */
final class LoopServer {
    /** Answers what comes on one connection. */
    interface Session {
        /**
         * Takes all that is whole, and leaves the rest, to which more will come. What it takes is never answered with more than
         * {@link #MOST_ANSWERED} times as many bytes.
         */
        void answer(ByteBuffer received, ByteBuffer answers) throws IOException;
    }

    static final int MOST_ANSWERED = 16;

    private static final int RECEIVE_BYTES = 32 << 10;
    private static final int BACKLOG = 4_096;

    private LoopServer() {}

    /** Serves at a port of the loopback interface for as long as the process lives. */
    static void start(int port, Supplier<Session> sessions) throws IOException {
        Loop[] loops = new Loop[Cores.PER_PROXY];
        for (int i = 0; i < loops.length; i++) {
            loops[i] = new Loop(sessions);
            start(loops[i]::run, "loop-" + i);
        }
        ServerSocketChannel server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port), BACKLOG);
        start(() -> accept(server, loops), "accept");
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void start(Work work, String name) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
    }

    private static void accept(ServerSocketChannel server, Loop[] loops) throws IOException {
        for (int next = 0; ; next++) {
            loops[next % loops.length].serve(server.accept());
        }
    }

    private static final class Loop {
        private final Supplier<Session> sessions;
        private final Selector selector = Selector.open();
        private final Queue<SocketChannel> accepted = new ConcurrentLinkedQueue<>();
        private final ByteBuffer answers = ByteBuffer.allocateDirect(MOST_ANSWERED * RECEIVE_BYTES);

        Loop(Supplier<Session> sessions) throws IOException {
            this.sessions = sessions;
        }

        void serve(SocketChannel channel) {
            accepted.add(channel);
            selector.wakeup();
        }

        void run() throws IOException {
            while (true) {
                selector.select(this::answer);
                for (SocketChannel channel = accepted.poll(); channel != null; channel = accepted.poll()) {
                    channel.configureBlocking(false);
                    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                    channel.register(selector, SelectionKey.OP_READ, new Connection(channel, sessions.get()));
                }
            }
        }

        private void answer(SelectionKey key) {
            Connection connection = (Connection) key.attachment();
            try {
                connection.answer(answers.clear());
            } catch (IOException e) {
                connection.close();
            }
        }
    }

    private record Connection(SocketChannel channel, Session session, ByteBuffer received) {

        Connection(SocketChannel channel, Session session) {
            this(channel, session, ByteBuffer.allocateDirect(RECEIVE_BYTES));
        }

        void answer(ByteBuffer answers) throws IOException {
            if (channel.read(received) < 0) {
                close();
                return;
            }
            session.answer(received.flip(), answers);
            received.compact();
            answers.flip();
            while (answers.hasRemaining()) {
                channel.write(answers); // The other side waits for it, and so has room.
            }
        }

        void close() {
            try {
                channel.close();
            } catch (IOException e) {
                // It is of no use any more either way.
            }
        }
    }
}
