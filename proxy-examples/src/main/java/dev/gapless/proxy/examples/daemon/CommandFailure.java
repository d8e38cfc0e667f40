package dev.gapless.proxy.examples.daemon;

/** A command cannot be carried out, for the reason that its message gives to the user. */
final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CommandFailure(String message) {
        super(message);
    }
}
