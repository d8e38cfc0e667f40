package dev.gapless.proxy.jetty.bodies;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

import static org.assertj.core.api.Assertions.assertThat;

/** Bytes of which each depends on its position, so that none can be lost, doubled or swapped unnoticed. */
final class Pattern {
    private static final int BLOCK = 64 << 10;

    private Pattern() {}

    static byte[] bytes(long from, long to) {
        int skipped = (int) (from % Long.BYTES);
        int length = (int) (to - from);
        ByteBuffer words = ByteBuffer.allocate((skipped + length + Long.BYTES - 1) / Long.BYTES * Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        for (long word = from / Long.BYTES; words.hasRemaining(); word++) {
            words.putLong(mixed(word));
        }
        return skipped == 0 && length == words.capacity()
                ? words.array()
                : Arrays.copyOfRange(words.array(), skipped, skipped + length);
    }

    /** The finalizer of SplitMix64. */
    private static long mixed(long number) {
        long mixed = number * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }

    static void write(OutputStream out, long from, long to) throws IOException {
        for (long at = from; at < to; at += BLOCK) {
            out.write(bytes(at, Math.min(to, at + BLOCK)));
        }
    }

    /** Reads so much, and fails at the first part that is something else. */
    static void assertReadFrom(InputStream in, long from, long to) throws IOException {
        for (long at = from; at < to; at += BLOCK) {
            byte[] expected = bytes(at, Math.min(to, at + BLOCK));
            byte[] read = in.readNBytes(expected.length);
            assertThat(read).as("bytes from %s", at).hasSameSizeAs(expected);
            assertThat(at + Arrays.mismatch(read, expected))
                    .as("first byte that differs")
                    .isEqualTo(at - 1);
        }
    }
}
