package dev.gapless.proxy.jetty;

/** Code of the host's that takes part in a request has failed. */
final class HostCodeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    HostCodeException(String code, Throwable cause) {
        super(code + " has failed: " + cause, cause, false, false);
    }
}
