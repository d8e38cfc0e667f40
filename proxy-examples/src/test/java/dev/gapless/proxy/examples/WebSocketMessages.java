package dev.gapless.proxy.examples;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Messages of one client, all different: text and binary, of no byte to some KiB, one in four of them in fragments, and among
 * these a ping as often as not.
 */
final class WebSocketMessages {
    /** Around the lengths at which frames get a longer header. */
    private static final int[] CERTAIN_LENGTHS = {0, 1, 125, 126, 127, 65_535, 65_536};

    private static final int CERTAIN_ONCE_IN = 100;
    private static final int MOST_BYTES = 4_096;
    private static final int FRAGMENTS_ONCE_IN = 4;
    private static final int MOST_FRAGMENTS = 4;
    private static final int PING_BYTES = 8;

    private final Random random;

    WebSocketMessages(Random random) {
        this.random = random;
    }

    /** The frames of the next one. */
    List<WebSocketFrame> next() {
        int opcode = random.nextBoolean() ? WebSocketFrame.TEXT : WebSocketFrame.BINARY;
        byte[] payload = payload(opcode);
        int fragments = random.nextInt(FRAGMENTS_ONCE_IN) == 0 ? random.nextInt(2, MOST_FRAGMENTS + 1) : 1;
        List<WebSocketFrame> frames = new ArrayList<>();
        int from = 0;
        for (int i = 1; i <= fragments; i++) {
            boolean last = i == fragments;
            int to = last ? payload.length : random.nextInt(from, payload.length + 1);
            int kind = (i == 1 ? opcode : WebSocketFrame.CONTINUATION) | (last ? WebSocketFrame.LAST : 0);
            frames.add(new WebSocketFrame(kind, ByteBuffer.wrap(payload, from, to - from)));
            if (!last && random.nextBoolean()) {
                frames.add(new WebSocketFrame(WebSocketFrame.PING, ByteBuffer.wrap(random(PING_BYTES))));
            }
            from = to;
        }
        return frames;
    }

    private byte[] payload(int opcode) {
        boolean certain = random.nextInt(CERTAIN_ONCE_IN) == 0;
        byte[] payload = random(
                certain ? CERTAIN_LENGTHS[random.nextInt(CERTAIN_LENGTHS.length)] : random.nextInt(MOST_BYTES + 1));
        if (opcode == WebSocketFrame.TEXT) {
            for (int i = 0; i < payload.length; i++) {
                payload[i] = (byte) ('A' + (payload[i] & 0x1F)); // Any ASCII will do.
            }
        }
        return payload;
    }

    private byte[] random(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    /** What the echo of a frame must be. */
    static WebSocketFrame echo(WebSocketFrame frame) {
        return frame.is(WebSocketFrame.PING) ? new WebSocketFrame(WebSocketFrame.PONG, frame.payload()) : frame;
    }
}
