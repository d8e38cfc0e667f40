package dev.gapless.proxy.examples;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/**
 * One side of a connection that speaks HTTP until it becomes a WebSocket, served by an {@link EventLoop} and used by its thread
 * alone.
 */
abstract class WebSocketConnection {
    private static final String END_OF_HEAD = "\r\n\r\n";
    private static final long PAUSE_NANOS = 100_000_000;

    private record Piece(ByteBuffer bytes, boolean pauseFollows) {}

    private final EventLoop loop;
    private final SocketChannel channel;
    private final Deque<Piece> outbox = new ArrayDeque<>();
    private final WebSocketFrameReader frames = new WebSocketFrameReader();
    private @Nullable SelectionKey key;
    private final StringBuilder head = new StringBuilder();
    private boolean framed;
    private boolean inPieces;
    private boolean pausing;
    private boolean finishing;

    WebSocketConnection(EventLoop loop, SocketChannel channel) {
        this.loop = loop;
        this.channel = channel;
    }

    /** The connection is there. */
    abstract void connected();

    /** A request or a response has come. */
    abstract void headCame(String text);

    abstract void frameCame(WebSocketFrame frame);

    /** The other side has said all, and closes the connection in good order. */
    abstract void ended();

    abstract void broke(IOException cause);

    final void begin(int operations) throws IOException {
        key = loop.register(channel, operations, ready -> attempt(() -> serve(ready)));
    }

    /** What comes now are frames. */
    final void becomeWebSocket() {
        framed = true;
    }

    final boolean isWebSocket() {
        return framed;
    }

    final boolean isBetweenFrames() {
        return frames.isBetweenFrames();
    }

    /** Whether part of the frame that has come was here before. */
    final boolean cameInPieces() {
        return inPieces;
    }

    private void serve(SelectionKey ready) throws IOException {
        if (ready.isConnectable()) {
            channel.finishConnect();
            ready.interestOps(SelectionKey.OP_READ);
            connected();
            return;
        }
        if (ready.isWritable()) {
            flush();
        }
        if (ready.isValid() && ready.isReadable()) {
            read();
        }
    }

    private void read() throws IOException {
        ByteBuffer bytes = loop.readBuffer();
        int length = channel.read(bytes);
        if (length < 0) {
            close();
            ended();
            return;
        }
        bytes.flip();
        while (bytes.hasRemaining() && channel.isOpen() && !framed) {
            readHead(bytes);
        }
        if (framed) {
            readFrames(bytes);
        }
    }

    private void readHead(ByteBuffer bytes) {
        head.append((char) bytes.get());
        if (head.length() >= END_OF_HEAD.length()
                && head.indexOf(END_OF_HEAD, head.length() - END_OF_HEAD.length()) >= 0) {
            String whole = head.toString();
            head.setLength(0);
            headCame(whole);
        }
    }

    private void readFrames(ByteBuffer bytes) {
        inPieces = !frames.isBetweenFrames();
        WebSocketFrame frame = frames.next(bytes);
        while (frame != null && channel.isOpen()) {
            frameCame(frame);
            inPieces = false;
            frame = frames.next(bytes);
        }
    }

    final void send(String text) {
        send(ByteBuffer.wrap(text.getBytes(ISO_8859_1)));
    }

    final void send(ByteBuffer bytes) {
        outbox.add(new Piece(bytes, false));
        attempt(this::flush);
    }

    /** Sends so many of the bytes, and the others, and whatever is sent after them, after a pause. */
    final void sendWithPause(ByteBuffer bytes, int first) {
        outbox.add(new Piece(bytes.slice(0, first), true));
        send(bytes.slice(first, bytes.limit() - first));
    }

    /** Says that nothing follows what was sent. */
    final void finish() {
        finishing = true;
        attempt(this::flush);
    }

    private void flush() throws IOException {
        while (!outbox.isEmpty() && !pausing) {
            Piece next = outbox.element();
            channel.write(next.bytes);
            if (next.bytes.hasRemaining()) {
                key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
                return;
            }
            outbox.remove();
            if (next.pauseFollows) {
                pausing = true;
                loop.later(PAUSE_NANOS, this::endPause);
            }
        }
        key.interestOps(SelectionKey.OP_READ);
        if (finishing && outbox.isEmpty()) {
            channel.shutdownOutput();
        }
    }

    private void endPause() {
        pausing = false;
        attempt(this::flush);
    }

    /** Closes it without a word. */
    final void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // It is of no use any more either way.
        }
    }

    private interface Step {
        void take() throws IOException;
    }

    private void attempt(Step step) {
        if (!channel.isOpen()) {
            return;
        }
        try {
            step.take();
        } catch (IOException e) {
            close();
            broke(e);
        }
    }
}
