package dev.gapless.proxy.buffer;

import org.jspecify.annotations.Nullable;

/** Why bytes could not be appended to a {@link SpillBuffer}, or read from it. */
public abstract sealed class BufferException extends RuntimeException
        permits BufferReleasedException, SpaceExhaustedException, SpillFailedException {
    private static final long serialVersionUID = 1L;

    BufferException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
