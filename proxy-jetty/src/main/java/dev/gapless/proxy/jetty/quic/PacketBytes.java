package dev.gapless.proxy.jetty.quic;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/** Numbers of variable length (RFC 9000, section 16). */
final class PacketBytes {
    private PacketBytes() {}

    /**
     * Reads a number.
     *
     * @throws BufferUnderflowException if it is not all there
     */
    static long readNumber(ByteBuffer from) {
        int first = from.get() & 0xFF;
        long number = first & 0x3F;
        for (int left = (1 << (first >> 6)) - 1; left > 0; left--) {
            number = (number << 8) | (from.get() & 0xFF);
        }
        return number;
    }

    /**
     * Reads the number that says how long something is which follows.
     *
     * @throws BufferUnderflowException if not all of it is there
     */
    static int readLength(ByteBuffer from) {
        long length = readNumber(from);
        if (length > from.remaining()) {
            throw new BufferUnderflowException();
        }
        return (int) length;
    }

    static byte[] read(ByteBuffer from, int length) {
        byte[] bytes = new byte[length];
        from.get(bytes);
        return bytes;
    }
}
