package dev.gapless.proxy.jetty.bodies;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Bytes that depend on their position, so that none can be lost, doubled or swapped unnoticed: blocks that begin with their
 * numbers, and go on with noise from a place that depends on these. Copies are much cheaper than noise that is made anew.
 */
final class Pattern {
    private static final int PART = 64 << 10;
    private static final int BLOCK = 1 << 10;
    private static final byte[] NOISE = noise(PART + BLOCK);

    private Pattern() {}

    private static byte[] noise(int length) {
        ByteBuffer words = ByteBuffer.allocate(length);
        for (long word = 0; words.hasRemaining(); word++) {
            words.putLong(mixed(word));
        }
        return words.array();
    }

    static byte[] bytes(long from, long to) {
        int skipped = (int) (from % BLOCK);
        int length = (int) (to - from);
        ByteBuffer blocks = ByteBuffer.allocate((skipped + length + BLOCK - 1) / BLOCK * BLOCK);
        for (long number = from / BLOCK; blocks.hasRemaining(); number++) {
            long mixed = mixed(number);
            blocks.putLong(mixed).put(NOISE, (int) Long.remainderUnsigned(mixed, PART), BLOCK - Long.BYTES);
        }
        return skipped == 0 && length == blocks.capacity()
                ? blocks.array()
                : Arrays.copyOfRange(blocks.array(), skipped, skipped + length);
    }

    /** The finalizer of SplitMix64. */
    private static long mixed(long number) {
        long mixed = number * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }

    static void write(OutputStream out, long from, long to) throws IOException {
        for (long at = from; at < to; at += PART) {
            out.write(bytes(at, Math.min(to, at + PART)));
        }
    }

    /** Reads so much, and fails at the first part that is something else. */
    static void assertReadFrom(InputStream in, long from, long to) throws IOException {
        byte[] read = new byte[PART];
        for (long at = from; at < to; at += PART) {
            byte[] expected = bytes(at, Math.min(to, at + PART));
            int count = in.readNBytes(read, 0, expected.length);
            assertThat(count).as("bytes from %s", at).isEqualTo(expected.length);
            assertThat(at + Arrays.mismatch(read, 0, count, expected, 0, count))
                    .as("first byte that differs")
                    .isEqualTo(at - 1);
        }
    }
}
