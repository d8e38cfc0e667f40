package dev.gapless.proxy.buffer;

/** The buffer has been released, by its owner or by the closing of its space; nothing of its content is left. */
public final class BufferReleasedException extends BufferException {
    private static final long serialVersionUID = 1L;

    BufferReleasedException() {
        super("the buffer has been released", null);
    }
}
