package dev.gapless.proxy.buffer;

/**
 * What all buffers of a {@link BufferSpace} may use together. When memory is short, buffers go to disk earlier; when the disk
 * budget is used up, appends fail with {@link SpaceExhaustedException}.
 *
 * @param memoryBytes how many bytes of heap, an eighth of the largest heap by default; 0 for none
 * @param diskBytes how many bytes of temporary files, 8 GiB by default; 0 for none
 */
public record BufferLimits(long memoryBytes, long diskBytes) {
    /**
     * Checks the limits.
     *
     * @param memoryBytes how many bytes of heap
     * @param diskBytes how many bytes of temporary files
     * @throws IllegalArgumentException if one is negative
     */
    public BufferLimits {
        notNegative("buffer memory", memoryBytes);
        notNegative("buffer disk space", diskBytes);
    }

    /** {@return an eighth of the largest heap that this JVM may have, and 8 GiB of disk} */
    public static BufferLimits defaults() {
        return new BufferLimits(Runtime.getRuntime().maxMemory() / 8, 8L << 30);
    }

    static long notNegative(String name, long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException(name + " " + bytes + " must be 0 or more bytes");
        }
        return bytes;
    }
}
