package dev.gapless.proxy.examples.daemon;

/**
 * What a command came to.
 *
 * @param status the exit status
 * @param text for standard output if the status is 0, for standard error otherwise
 */
record Reply(int status, String text) {
    private static final String ERROR_PREFIX = "Error: ";

    static Reply done(String text) {
        return new Reply(0, text);
    }

    /** A failure in one line, whatever the message looks like. */
    static Reply error(String message) {
        return new Reply(1, ERROR_PREFIX + message.strip().replaceAll("\\s*\\R\\s*", "; ") + "\n");
    }

    /** Prints the text where it belongs, and returns the exit status. */
    int print() {
        (status == 0 ? System.out : System.err).print(text);
        System.out.flush();
        return status;
    }
}
