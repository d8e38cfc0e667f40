package dev.gapless.proxy.jetty;

import java.io.IOException;

/** A body has more bytes than its service allows. */
final class BodyTooLongException extends IOException {
    private static final long serialVersionUID = 1L;

    BodyTooLongException(long limit) {
        super("the body is longer than " + limit + " bytes");
    }
}
