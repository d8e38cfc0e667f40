package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.io.OutputStream;

/** How bodies are written in one coding, by one of Jetty's modules. Thread-safe. */
interface BodyFormat {
    /** Bodies refer back so far at most, as a power of two: beyond it memory grows faster than what is saved. */
    int LARGEST_WINDOW = 18;

    /** What every coding can do with. */
    int SMALLEST_WINDOW = 10;

    /**
     * Begins a body.
     *
     * @param into where it goes
     * @param length how many bytes it is to have before it is encoded, or -1
     * @param padding how many bytes are to be in it that mean nothing
     */
    OutputStream begin(EncodedBytes into, int level, long length, int padding) throws IOException;

    /** Ends a body, unless its padding was at its beginning with what is. Closes the stream. */
    void end(OutputStream body, EncodedBytes into, int padding) throws IOException;

    /** {@return the window that a body of that length has any use for, as a power of two} */
    static int window(long length) {
        if (length < 0 || length > 1L << LARGEST_WINDOW) {
            return LARGEST_WINDOW;
        }
        int bits = Long.SIZE - Long.numberOfLeadingZeros(length);
        return Math.min(LARGEST_WINDOW, Math.max(SMALLEST_WINDOW, bits));
    }
}
