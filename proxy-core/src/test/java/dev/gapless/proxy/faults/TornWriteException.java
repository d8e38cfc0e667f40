package dev.gapless.proxy.faults;

import java.io.IOException;

/** Half of the bytes of a write have been written. */
public final class TornWriteException extends IOException {
    private static final long serialVersionUID = 1L;

    public TornWriteException(String message) {
        super(message);
    }
}
