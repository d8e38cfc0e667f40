package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * Encodes one body. Thread-safe: whoever gives up the response that it is for may close it while the lane is at work with it, and
 * memory outside of the heap must not go under its feet. Must be closed, unless it has {@linkplain #end() ended}.
 */
final class Encoder implements AutoCloseable {
    private static final int COPIED_BYTES = 8192;

    private final BodyFormat format;
    private final int padding;
    private final Runnable onClose;
    private final EncodedBytes encoded = new EncodedBytes();
    private final OutputStream body;
    private byte[] copy = new byte[0];
    private boolean closed;

    /**
     * Makes an encoder.
     *
     * @param length how many bytes the body is to have, or -1
     * @param padding how many bytes are to be in it that mean nothing
     * @param onClose called once, when it needs no memory any more; not if this fails
     */
    Encoder(BodyFormat format, int level, long length, int padding, Runnable onClose) throws IOException {
        this.format = format;
        this.padding = padding;
        this.onClose = onClose;
        this.body = format.begin(encoded, level, length, padding);
    }

    /** Whether the response was given up, or has ended. */
    synchronized boolean isClosed() {
        return closed;
    }

    /** Takes all of this in. */
    synchronized void encode(ByteBuffer content) throws IOException {
        if (content.hasArray()) {
            write(content.array(), content.arrayOffset() + content.position(), content.remaining());
            content.position(content.limit());
            return;
        }
        copy = copy.length == 0 ? new byte[COPIED_BYTES] : copy;
        while (content.hasRemaining()) {
            int bytes = Math.min(content.remaining(), COPIED_BYTES);
            content.get(copy, 0, bytes);
            write(copy, 0, bytes);
        }
    }

    private void write(byte[] bytes, int offset, int length) throws IOException {
        if (!closed) {
            body.write(bytes, offset, length);
        }
    }

    /** Has all that was taken in come out, so that the client can decode it. */
    synchronized void flush() throws IOException {
        if (!closed) {
            body.flush();
        }
    }

    /** Ends the body, the rest of which comes out, and closes the encoder. {@return whether it was not closed before} */
    synchronized boolean end() throws IOException {
        if (closed) {
            return false;
        }
        closed = true;
        onClose.run();
        format.end(body, encoded, padding);
        return true;
    }

    /** {@return what has come out since the last time} */
    synchronized ByteBuffer take() {
        return encoded.take();
    }

    /** Gives the body up, wherever it is. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            onClose.run();
            try {
                body.close(); // Which writes an end.
            } catch (IOException e) {
                // Nobody minds that it could not be written.
            }
            encoded.take(); // What was given up must not look whole.
        }
    }
}
