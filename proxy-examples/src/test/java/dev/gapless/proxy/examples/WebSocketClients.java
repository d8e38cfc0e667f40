package dev.gapless.proxy.examples;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;

/**
 * Clients with a WebSocket each, which send messages to a server that echoes, one at a time. When a WebSocket is closed in good
 * order, by the server or now and then by the client, its client opens another at once. What is not in good order, or not the
 * echo of what was sent, is a failure. All are served by one {@link EventLoop}.
 */
final class WebSocketClients {
    /** So many connections fit between one source address and one port, whatever the range of ephemeral ports. */
    private static final int PER_SOURCE_ADDRESS = 2_500;

    /** How many of the clients connect at a time when all of them come. */
    private static final int AT_ONCE = 64;

    private static final int NORMAL_CLOSURE = 1000;
    private static final int GOING_AWAY = 1001;
    private static final int MOST_MILLIS_BETWEEN_MESSAGES = 1_000;
    /** One frame of so many is sent in pieces. */
    private static final int PIECES_ONCE_IN = 8;
    /** One message of so many is the last that its client sends on that WebSocket. */
    private static final int LAST_ONCE_IN = 100;

    private static final int KEY_BYTES = 16;
    private static final long SOON_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long PATIENCE_SECONDS = 60;

    private final EventLoop loop;
    private final int port;
    private final List<Client> clients = new ArrayList<>();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final Queue<Long> closings = new ConcurrentLinkedQueue<>();
    private final AtomicInteger present = new AtomicInteger();
    /** How many clients have had an echo in this round. */
    private final AtomicInteger echoed = new AtomicInteger();

    private final LongAdder messages = new LongAdder();
    private final LongAdder toldAfterWait = new LongAdder();
    private int round = 1;
    private boolean leaving;

    WebSocketClients(EventLoop loop, int port) {
        this.loop = loop;
        this.port = port;
    }

    /** Has so many of them come, and waits until each has had an echo. */
    void open(int number) throws InterruptedException {
        for (int i = 0; i < number; i++) {
            Client client = new Client(i);
            clients.add(client);
            await("connections", () -> present.get() - echoed.get() < AT_ONCE);
            present.incrementAndGet();
            loop.execute(client::connect);
        }
        await("an echo of each", () -> echoed.get() == number);
    }

    /** Waits until each has had an echo from now on. */
    void awaitEchoOfEach() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        loop.execute(() -> {
            round++;
            echoed.set(0);
            begun.countDown();
        });
        begun.await();
        await("an echo of each", () -> echoed.get() == clients.size());
    }

    /** Has all of them close their WebSockets for good, and waits until that is done. */
    void leave() throws InterruptedException {
        loop.execute(() -> leaving = true);
        await("the end of each", () -> present.get() == 0);
    }

    private void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            if (!failures.isEmpty() || System.nanoTime() > deadline) {
                throw new AssertionError("waited for " + what + ", but of " + present + " clients " + echoed
                        + " have had an echo, and failed have " + failures);
            }
            Thread.sleep(1);
        }
    }

    /** What has not gone as it should. */
    Queue<String> failures() {
        return failures;
    }

    /** When clients were told to go away, in milliseconds of the epoch; each moment is given once. */
    List<Long> takeClosings() {
        List<Long> taken = new ArrayList<>();
        for (Long closing = closings.poll(); closing != null; closing = closings.poll()) {
            taken.add(closing);
        }
        return taken;
    }

    /** How many messages have come back. */
    long messages() {
        return messages.sum();
    }

    /** How many clients were told to go away right behind a frame that had come in pieces: that had to wait for its end. */
    long toldAfterWait() {
        return toldAfterWait.sum();
    }

    private static InetAddress loopback(int last) throws IOException {
        return InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) last});
    }

    private final class Client {
        private final int number;
        private final Random random;
        private final WebSocketMessages messagesToSend;
        private int echoedInRound;

        Client(int number) {
            this.number = number;
            random = new Random(number);
            messagesToSend = new WebSocketMessages(random);
        }

        void connect() {
            try {
                SocketChannel channel = SocketChannel.open();
                channel.bind(new InetSocketAddress(loopback(2 + number / PER_SOURCE_ADDRESS), 0));
                new Session(this, channel).connect();
            } catch (IOException e) {
                fail("does not connect: " + e);
            }
        }

        void gotEcho() {
            messages.increment();
            if (echoedInRound != round) {
                echoedInRound = round;
                echoed.incrementAndGet();
            }
        }

        void fail(String how) {
            failures.add("client " + number + ": " + how);
        }
    }

    private enum Phase {
        /** Has asked for the WebSocket. OPEN follows. */
        OPENING,
        /** Sends messages. LEAVING or CLOSED follows. */
        OPEN,
        /** Has sent a close frame, and waits for one. CLOSED follows. */
        LEAVING,
        /** Has sent a close frame and got one. The server ends the connection. */
        CLOSED
    }

    /** One WebSocket of a client. */
    private final class Session extends WebSocketConnection {
        private final Client client;
        private final SocketChannel channel;
        private final String key;
        private final Deque<WebSocketFrame> expected = new ArrayDeque<>();
        private Phase phase = Phase.OPENING;
        private long piecesCameAt = System.nanoTime() - SOON_NANOS;

        Session(Client client, SocketChannel channel) {
            super(loop, channel);
            this.client = client;
            this.channel = channel;
            byte[] nonce = new byte[KEY_BYTES];
            client.random.nextBytes(nonce);
            key = Base64.getEncoder().encodeToString(nonce);
        }

        void connect() throws IOException {
            begin(SelectionKey.OP_CONNECT);
            channel.connect(new InetSocketAddress(loopback(1), port));
        }

        @Override
        void connected() {
            send("GET /echo HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + "\r\n\r\n");
        }

        @Override
        void headCame(String response) {
            if (response.startsWith("HTTP/1.1 101 ")
                    && response.contains("Sec-WebSocket-Accept: " + WebSocketAccept.of(key) + "\r\n")) {
                becomeWebSocket();
                phase = Phase.OPEN;
                sendMessage();
            } else {
                close();
                client.fail("is not let in: " + response);
            }
        }

        private void sendMessage() {
            List<WebSocketFrame> frames = client.messagesToSend.next();
            for (WebSocketFrame frame : frames) {
                expected.add(WebSocketMessages.echo(frame));
            }
            for (WebSocketFrame frame : frames) {
                send(frame);
            }
        }

        private void send(WebSocketFrame frame) {
            ByteBuffer bytes = frame.asClientsSend(client.random.nextInt());
            if (client.random.nextInt(PIECES_ONCE_IN) == 0) {
                sendWithPause(bytes, client.random.nextInt(1, bytes.limit()));
            } else {
                send(bytes);
            }
        }

        @Override
        void frameCame(WebSocketFrame frame) {
            if (cameInPieces()) {
                piecesCameAt = System.nanoTime();
            }
            if (phase == Phase.CLOSED) {
                client.fail(frame + " after the close frame");
            } else if (frame.is(WebSocketFrame.CLOSE)) {
                closeFrameCame(frame);
            } else {
                echoCame(frame);
            }
        }

        private void echoCame(WebSocketFrame frame) {
            WebSocketFrame next = expected.poll();
            if (!frame.equals(next)) {
                client.fail(frame + " in place of " + next);
            } else if (expected.isEmpty()) {
                client.gotEcho();
                long pauseMillis = client.random.nextInt(MOST_MILLIS_BETWEEN_MESSAGES);
                loop.later(TimeUnit.MILLISECONDS.toNanos(pauseMillis), this::goOn);
            }
        }

        private void goOn() {
            if (phase != Phase.OPEN) {
                return;
            }
            if (leaving || client.random.nextInt(LAST_ONCE_IN) == 0) {
                phase = Phase.LEAVING;
                send(WebSocketFrame.close(NORMAL_CLOSURE));
            } else {
                sendMessage();
            }
        }

        private void closeFrameCame(WebSocketFrame frame) {
            int code = frame.closeCode();
            if (code == GOING_AWAY) {
                closings.add(System.currentTimeMillis());
                if (System.nanoTime() - piecesCameAt < SOON_NANOS) {
                    toldAfterWait.increment();
                }
            } else if (phase != Phase.LEAVING || code != NORMAL_CLOSURE) {
                client.fail("closed with the code " + code);
            }
            if (phase == Phase.OPEN) {
                send(frame);
            }
            phase = Phase.CLOSED;
        }

        @Override
        void ended() {
            if (phase != Phase.CLOSED || !isBetweenFrames()) {
                client.fail("cut while " + phase + (isBetweenFrames() ? "" : ", in mid-frame"));
            } else if (leaving) {
                present.decrementAndGet();
            } else {
                client.connect();
            }
        }

        @Override
        void broke(IOException cause) {
            client.fail(cause + " while " + phase);
        }
    }
}
