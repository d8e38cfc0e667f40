package dev.gapless.proxy.examples;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.HashSet;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A target that sends each frame of a WebSocket back, some of them in two pieces with a pause anywhere in between, and that
 * answers pings and probes. It knows of each WebSocket that has not been closed as it should be.
 */
final class WebSocketEchoTarget implements AutoCloseable {
    private static final int BACKLOG = 4_096;
    private static final Pattern KEY = Pattern.compile("(?i)\r\nSec-WebSocket-Key: *(\\S+)");
    /** One frame of so many is sent in pieces. */
    private static final int PIECES_ONCE_IN = 4;

    private final EventLoop loop;
    private final ServerSocketChannel server;
    private final Random random = new Random(5_000);
    private final Set<Echo> open = new HashSet<>();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();

    WebSocketEchoTarget(EventLoop loop) throws IOException {
        this.loop = loop;
        server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0), BACKLOG);
        loop.execute(() -> attempt(() -> loop.register(server, SelectionKey.OP_ACCEPT, key -> attempt(this::accept))));
    }

    String address() {
        return "127.0.0.1:" + server.socket().getLocalPort();
    }

    /** What became of WebSockets that should not have. */
    Queue<String> failures() {
        return failures;
    }

    private interface Step {
        void take() throws IOException;
    }

    private void attempt(Step step) {
        try {
            step.take();
        } catch (IOException e) {
            failures.add("target: " + e);
        }
    }

    private void accept() throws IOException {
        for (SocketChannel channel = server.accept(); channel != null; channel = server.accept()) {
            Echo echo = new Echo(channel);
            open.add(echo);
            echo.begin(SelectionKey.OP_READ);
        }
    }

    /** Stops at once, whoever is still connected. */
    @Override
    public void close() {
        loop.execute(() -> {
            attempt(server::close);
            open.forEach(WebSocketConnection::close);
        });
    }

    private final class Echo extends WebSocketConnection {
        private boolean closed;

        Echo(SocketChannel channel) {
            super(loop, channel);
        }

        @Override
        void connected() {}

        @Override
        void headCame(String request) {
            Matcher key = KEY.matcher(request);
            if (key.find()) {
                send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        + "Sec-WebSocket-Accept: " + WebSocketAccept.of(key.group(1)) + "\r\n\r\n");
                becomeWebSocket();
            } else {
                send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            }
        }

        @Override
        void frameCame(WebSocketFrame frame) {
            if (closed) {
                failures.add("target: " + frame + " after the close frame");
            } else if (frame.is(WebSocketFrame.CLOSE)) {
                closed = true;
                send(frame.asServersSend());
                finish();
            } else if (frame.is(WebSocketFrame.PING)) {
                send(new WebSocketFrame(WebSocketFrame.PONG, frame.payload()).asServersSend());
            } else {
                sendBack(frame.asServersSend());
            }
        }

        private void sendBack(ByteBuffer bytes) {
            if (random.nextInt(PIECES_ONCE_IN) == 0) {
                sendWithPause(bytes, random.nextInt(1, bytes.limit()));
            } else {
                send(bytes);
            }
        }

        @Override
        void ended() {
            open.remove(this);
            if (isWebSocket() && !closed) {
                failures.add("target: cut " + (isBetweenFrames() ? "between frames" : "in mid-frame"));
            }
        }

        @Override
        void broke(IOException cause) {
            open.remove(this);
            if (isWebSocket()) {
                failures.add("target: " + cause + (closed ? " after" : " before") + " the close frame");
            }
        }
    }
}
