package dev.gapless.proxy.buffer;

import java.io.IOException;

/**
 * The temporary file of a buffer failed; the cause has the system's words. What was appended before can still be read, as far
 * as the file lets it.
 */
public final class SpillFailedException extends BufferException {
    private static final long serialVersionUID = 1L;

    /** What failed. */
    public enum Reason {
        /** The file could not be made: its directory is gone, read-only or not to be trusted. */
        CREATING("creating a file in"),
        /** Bytes could not be written: the disk is full, say. */
        WRITING("writing to"),
        /** Bytes could not be read again: the disk is damaged, or someone has truncated the file. */
        READING("reading from"),
        /** The executor for file work has refused it. */
        NO_THREAD("getting a thread for");

        private final String doing;

        Reason(String doing) {
            this.doing = doing;
        }
    }

    /** What failed. */
    private final Reason reason;

    SpillFailedException(Reason reason, Object file, Throwable cause) {
        super(reason.doing + " " + file + " failed: " + words(cause), cause);
        this.reason = reason;
    }

    /** {@return what failed} */
    public Reason reason() {
        return reason;
    }

    /** The name of the exception is often all that says what is wrong: a {@code NoSuchFileException} has but the path. */
    private static String words(Throwable cause) {
        String message = cause.getMessage();
        return cause.getClass() == IOException.class && message != null ? message : cause.toString();
    }
}
