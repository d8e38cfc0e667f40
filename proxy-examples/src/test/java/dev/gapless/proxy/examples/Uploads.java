package dev.gapless.proxy.examples;

import java.nio.ByteBuffer;
import java.util.Random;

/** The bodies of many uploads, all different, of which any part is at hand without being computed. */
final class Uploads {
    private static final int PERIOD = (1 << 20) + 7;
    private static final int STEP = 2003;

    private final ByteBuffer twice;

    Uploads() {
        byte[] bytes = new byte[PERIOD];
        new Random(500).nextBytes(bytes);
        twice = ByteBuffer.allocateDirect(2 * PERIOD).put(bytes).put(bytes).flip();
    }

    /** The bytes of an upload from a position on: as many as asked for, but at most a mebibyte. */
    ByteBuffer part(int upload, long position, long length) {
        int from = (int) (((long) upload * STEP + position) % PERIOD);
        return twice.slice(from, (int) Math.min(length, 1 << 20));
    }
}
