package dev.gapless.proxy.buffer;

/**
 * The disk budget of all buffers is used up, and the memory that this one may have as well. The append has added nothing; what
 * was there before can be read, and another append may find room.
 */
public final class SpaceExhaustedException extends BufferException {
    private static final long serialVersionUID = 1L;

    SpaceExhaustedException(long needed, long limit, long used) {
        super(
                "buffering needs " + needed + " bytes more on disk, where " + used + " of " + limit
                        + " bytes are in use by all buffers",
                null);
    }
}
