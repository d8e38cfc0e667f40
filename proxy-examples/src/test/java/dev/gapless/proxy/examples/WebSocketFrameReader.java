package dev.gapless.proxy.examples;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Makes frames of the bytes of a WebSocket, which come in pieces of any size. */
final class WebSocketFrameReader {
    private static final int LENGTH = 0x7F;

    private final ByteBuffer header = ByteBuffer.allocate(WebSocketFrame.LONGEST_HEADER);
    private @Nullable ByteBuffer payload;

    /** The next frame; null if it is not whole yet. */
    @Nullable
    WebSocketFrame next(ByteBuffer bytes) {
        while (payload == null) {
            if (!bytes.hasRemaining()) {
                return null;
            }
            header.put(bytes.get());
            if (header.position() >= 2 && header.position() == headerBytes()) {
                payload = ByteBuffer.allocate(payloadBytes());
            }
        }
        int part = Math.min(bytes.remaining(), payload.remaining());
        payload.put(bytes.slice(bytes.position(), part));
        bytes.position(bytes.position() + part);
        return payload.hasRemaining() ? null : whole(payload.flip());
    }

    private int headerBytes() {
        int masked = isMasked() ? WebSocketFrame.MASKING_KEY_BYTES : 0;
        return switch (header.get(1) & LENGTH) {
            case WebSocketFrame.LENGTH_IN_2_BYTES -> 2 + Short.BYTES + masked;
            case WebSocketFrame.LENGTH_IN_8_BYTES -> 2 + Long.BYTES + masked;
            default -> 2 + masked;
        };
    }

    private boolean isMasked() {
        return (header.get(1) & WebSocketFrame.MASKED) != 0;
    }

    private int payloadBytes() {
        int length = header.get(1) & LENGTH;
        return switch (length) {
            case WebSocketFrame.LENGTH_IN_2_BYTES -> Short.toUnsignedInt(header.getShort(2));
            case WebSocketFrame.LENGTH_IN_8_BYTES -> Math.toIntExact(header.getLong(2));
            default -> length;
        };
    }

    private WebSocketFrame whole(ByteBuffer read) {
        WebSocketFrame whole = new WebSocketFrame(Byte.toUnsignedInt(header.get(0)), unmasked(read));
        header.clear();
        payload = null;
        return whole;
    }

    private ByteBuffer unmasked(ByteBuffer read) {
        return isMasked()
                ? WebSocketFrame.masked(read, header.getInt(header.position() - WebSocketFrame.MASKING_KEY_BYTES))
                : read;
    }

    /** Whether no frame has begun that has not ended. */
    boolean isBetweenFrames() {
        return header.position() == 0;
    }
}
