package dev.gapless.proxy.jetty;

import java.nio.ByteBuffer;

/**
 * Follows the frames of one direction of a WebSocket (RFC 6455, section 5.2) as its bytes pass, in pieces of any size, without
 * holding or changing them: only so much is remembered as it takes to know where frames end. Not thread-safe.
 *
 * <p>What is followed need not be right in every way. The reserved bits are the business of extensions, masking and the bytes of
 * a message that of the two ends, and a length in more bytes than it needs is a length all the same.
 */
final class WebSocketFrames {
    private static final int FIN = 0x80;
    private static final int OPCODE = 0x0F;
    private static final int CONTROL = 0x08;
    private static final int CONTINUATION = 0x00;
    private static final int BINARY = 0x02;
    private static final int CLOSE = 0x08;
    private static final int PONG = 0x0A;

    private static final int MASKED = 0x80;
    private static final int LENGTH = 0x7F;
    private static final int MAX_CONTROL_PAYLOAD = 125;
    private static final int LENGTH_IN_2_BYTES = 126;
    private static final int LENGTH_IN_8_BYTES = 127;
    private static final int MASKING_KEY_BYTES = 4;
    /** Of the shortest header: opcode and length. */
    private static final int MIN_HEADER_BYTES = 2;

    private int opcode;
    /** Of the present frame's header; none have passed between frames. */
    private int headerBytesPassed;

    private int headerBytes;
    private int longLengthBytes;
    /** Of the payload, what is to come; while the length is read, what has been read of it. */
    private long payloadLeft;

    private boolean withinMessage;
    private boolean closed;
    private boolean broken;

    /**
     * Looks at bytes that pass next; their position stays.
     *
     * @return how many of them, from the position on, belong to the present frame, which begins here if the last has ended; all
     *     if the connection {@linkplain #isBroken is broken}; 0 only if there are none
     */
    int next(ByteBuffer bytes) {
        int begin = bytes.position();
        int at = begin;
        while (!broken && at < bytes.limit() && !isHeaderComplete()) {
            header(bytes.get(at++));
        }
        if (broken) {
            return bytes.remaining();
        }
        if (!isHeaderComplete()) {
            return at - begin;
        }
        long payload = Math.min(payloadLeft, bytes.limit() - at);
        payloadLeft -= payload;
        if (payloadLeft == 0) {
            headerBytesPassed = 0;
        }
        return at - begin + (int) payload;
    }

    private boolean isHeaderComplete() {
        return headerBytesPassed >= MIN_HEADER_BYTES && headerBytesPassed == headerBytes;
    }

    private void header(byte passing) {
        if (headerBytesPassed == 0) {
            kind(passing);
        } else if (headerBytesPassed == 1) {
            length(passing);
        } else if (headerBytesPassed < MIN_HEADER_BYTES + longLengthBytes) {
            longLength(passing);
        }
        headerBytesPassed++;
        closed |= opcode == CLOSE && isHeaderComplete() && !broken;
    }

    private void kind(byte passing) {
        opcode = passing & OPCODE;
        boolean last = (passing & FIN) != 0;
        if ((opcode & CONTROL) != 0) {
            broken = opcode > PONG || !last;
        } else {
            boolean continues = opcode == CONTINUATION;
            broken = opcode > BINARY || continues != withinMessage;
            withinMessage = !last;
        }
    }

    private void length(byte passing) {
        int length = passing & LENGTH;
        longLengthBytes = longLengthBytes(length);
        payloadLeft = longLengthBytes == 0 ? length : 0;
        headerBytes = MIN_HEADER_BYTES + longLengthBytes + ((passing & MASKED) == 0 ? 0 : MASKING_KEY_BYTES);
        broken = (opcode & CONTROL) != 0 && length > MAX_CONTROL_PAYLOAD;
    }

    private static int longLengthBytes(int length) {
        return switch (length) {
            case LENGTH_IN_2_BYTES -> Short.BYTES;
            case LENGTH_IN_8_BYTES -> Long.BYTES;
            default -> 0;
        };
    }

    private void longLength(byte passing) {
        payloadLeft = payloadLeft << Byte.SIZE | Byte.toUnsignedInt(passing);
        // Of 64 bits the first must be 0.
        broken = longLengthBytes == Long.BYTES && headerBytesPassed == MIN_HEADER_BYTES && passing < 0;
    }

    /** Whether a frame could be put in here: none has begun that has not ended. */
    boolean isBetweenFrames() {
        return headerBytesPassed == 0 && !broken;
    }

    /** Whether the header of a close frame has passed. */
    boolean hasClosed() {
        return closed;
    }

    /**
     * Whether something has passed that is no frame, or none of a message: a reserved opcode, a control frame that is in
     * fragments or longer than 125 bytes, a length beyond 63 bits, a continuation of nothing, or a message within another.
     */
    boolean isBroken() {
        return broken;
    }

    /** {@return a close frame as a server sends it, without a mask, that gives the code and no reason} */
    static ByteBuffer close(int code) {
        return ByteBuffer.allocate(MIN_HEADER_BYTES + Short.BYTES)
                .put((byte) (FIN | CLOSE))
                .put((byte) Short.BYTES)
                .putShort((short) code)
                .flip();
    }
}
