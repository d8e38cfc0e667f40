package dev.gapless.proxy.engine;

/** A saved state that cannot be used; the message says what is wrong with it, and has the word "state" in it. */
final class DamagedStateException extends Exception {
    private static final long serialVersionUID = 1L;

    DamagedStateException(String message) {
        super(message);
    }
}
