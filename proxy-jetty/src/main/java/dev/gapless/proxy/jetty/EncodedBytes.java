package dev.gapless.proxy.jetty;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/** What an encoder has written and nobody has taken yet. Not thread-safe. */
final class EncodedBytes extends ByteArrayOutputStream {
    private static final int INITIAL_BYTES = 4096;

    EncodedBytes() {
        super(INITIAL_BYTES);
    }

    /** Sets bits of a byte that has been written. */
    void setBits(int index, int bits) {
        buf[index] |= (byte) bits;
    }

    /** Writes bytes that mean nothing. */
    void writePadding(int bytes) {
        for (int i = 0; i < bytes; i++) {
            write('-');
        }
    }

    /** {@return what has been written since the last time, without a copy} */
    ByteBuffer take() {
        ByteBuffer taken = ByteBuffer.wrap(buf, 0, count);
        if (count > 0) {
            buf = new byte[INITIAL_BYTES];
            count = 0;
        }
        return taken;
    }
}
