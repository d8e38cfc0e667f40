package dev.gapless.proxy.examples;

import java.nio.ByteBuffer;

/**
 * A frame of a WebSocket (RFC 6455, section 5.2). Two are equal if their bytes are, without a mask.
 *
 * @param kind its first byte: the opcode, and whether it is the last of a message
 * @param payload without a mask; its position stays where it is
 */
record WebSocketFrame(int kind, ByteBuffer payload) {
    static final int LAST = 0x80;
    static final int CONTINUATION = 0x00;
    static final int TEXT = 0x01;
    static final int BINARY = 0x02;
    static final int CLOSE = LAST | 0x08;
    static final int PING = LAST | 0x09;
    static final int PONG = LAST | 0x0A;

    static final int MASKED = 0x80;
    static final int MASKING_KEY_BYTES = 4;
    static final int LENGTH_IN_2_BYTES = 126;
    static final int LENGTH_IN_8_BYTES = 127;
    static final int LONGEST_HEADER = 2 + Long.BYTES + MASKING_KEY_BYTES;

    static WebSocketFrame close(int code) {
        return new WebSocketFrame(
                CLOSE, ByteBuffer.allocate(Short.BYTES).putShort((short) code).flip());
    }

    boolean is(int wanted) {
        return kind == wanted;
    }

    /** The code of a close frame; 0 if it gives none. */
    int closeCode() {
        return payload.remaining() < Short.BYTES ? 0 : payload.getShort(payload.position());
    }

    ByteBuffer asServersSend() {
        return header(0).put(payload.duplicate()).flip();
    }

    ByteBuffer asClientsSend(int maskingKey) {
        ByteBuffer bytes = header(MASKED).putInt(maskingKey);
        return bytes.put(masked(payload, maskingKey)).flip();
    }

    private ByteBuffer header(int masked) {
        int length = payload.remaining();
        ByteBuffer bytes = ByteBuffer.allocate(LONGEST_HEADER + length).put((byte) kind);
        if (length < LENGTH_IN_2_BYTES) {
            return bytes.put((byte) (masked | length));
        }
        return length < 1 << Short.SIZE
                ? bytes.put((byte) (masked | LENGTH_IN_2_BYTES)).putShort((short) length)
                : bytes.put((byte) (masked | LENGTH_IN_8_BYTES)).putLong(length);
    }

    /** Masks and unmasks (RFC 6455, section 5.3). */
    static ByteBuffer masked(ByteBuffer payload, int maskingKey) {
        ByteBuffer masked = ByteBuffer.allocate(payload.remaining());
        int key = maskingKey;
        for (int i = payload.position(); i < payload.limit(); i++) {
            key = Integer.rotateLeft(key, Byte.SIZE);
            masked.put((byte) (payload.get(i) ^ key));
        }
        return masked.flip();
    }

    @Override
    public String toString() {
        return String.format("frame %#x of %d bytes", kind, payload.remaining());
    }
}
