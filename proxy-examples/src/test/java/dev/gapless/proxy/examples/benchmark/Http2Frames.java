package dev.gapless.proxy.examples.benchmark;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

import static java.nio.charset.StandardCharsets.US_ASCII;

/** As much of HTTP/2 (RFC 9113) as it takes to be at either end of a gRPC call that is made for measuring. */
final class Http2Frames {
    static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII);
    static final int HEADER_BYTES = 9;

    static final int DATA = 0x0;
    static final int HEADERS = 0x1;
    static final int SETTINGS = 0x4;
    static final int PING = 0x6;
    static final int WINDOW_UPDATE = 0x8;

    static final int ACK = 0x1;
    static final int END_STREAM = 0x1;
    static final int END_HEADERS = 0x4;

    /** What either side may send before it is allowed more, on the connection and on each stream. */
    static final int INITIAL_WINDOW = 65_535;

    private Http2Frames() {}

    static ByteBuffer header(ByteBuffer into, int length, int type, int flags, int stream) {
        return into.put((byte) (length >> Short.SIZE))
                .putShort((short) length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream);
    }

    /**
     * The bytes of a field section (RFC 7541) whose strings have fewer than 127 bytes: a number stands for itself, and a string
     * comes after its length.
     */
    static byte[] fields(Object... parts) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (Object part : parts) {
            if (part instanceof Integer number) {
                bytes.write(number);
            } else {
                byte[] text = part.toString().getBytes(US_ASCII);
                bytes.write(text.length);
                bytes.writeBytes(text);
            }
        }
        return bytes.toByteArray();
    }

    /** A message of gRPC: that it is not compressed, its length in four bytes, and what it says. */
    static byte[] message(String text) {
        byte[] said = text.getBytes(US_ASCII);
        return ByteBuffer.allocate(1 + Integer.BYTES + said.length)
                .put((byte) 0)
                .putInt(said.length)
                .put(said)
                .array();
    }
}
