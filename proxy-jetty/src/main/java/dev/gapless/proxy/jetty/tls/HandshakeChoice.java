package dev.gapless.proxy.jetty.tls;

import java.util.concurrent.CompletionStage;

/** What becomes of a client that has said hello. */
public sealed interface HandshakeChoice {
    /**
     * It gets a certificate.
     *
     * @param handshake how to go on
     */
    record Accepted(Handshake handshake) implements HandshakeChoice {}

    /**
     * Its certificate is being got; when that is over it may be chosen for again, the last time.
     *
     * @param over completes, in bounded time, on any thread
     */
    record Awaited(CompletionStage<Boolean> over) implements HandshakeChoice {}

    /**
     * There is none for it.
     *
     * @param alert the description of the fatal alert (RFC 8446, section 6.2)
     */
    record Refused(int alert) implements HandshakeChoice {
        /** A feature that was asked for cannot be had: the connection names no host, and there is no certificate for any. */
        public static final int HANDSHAKE_FAILURE = 40;
        /** A message that cannot be read. */
        public static final int DECODE_ERROR = 50;
        /** A host that nobody serves. */
        public static final int UNRECOGNIZED_NAME = 112;
        /** No protocol that both speak. */
        public static final int NO_APPLICATION_PROTOCOL = 120;
    }
}
