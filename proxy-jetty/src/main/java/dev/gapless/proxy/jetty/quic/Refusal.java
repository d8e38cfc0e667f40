package dev.gapless.proxy.jetty.quic;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.concurrent.ThreadLocalRandom;

/** Packets for clients that get no connection. */
public final class Refusal {
    /** The server takes no further connections (RFC 9000, section 20.1). */
    public static final int CONNECTION_REFUSED = 0x02;
    /** To which the description of a TLS alert is added. */
    public static final int CRYPTO_ERROR = 0x100;

    private static final int FIXED = 0x40;
    private static final int FOUR_BYTE_NUMBER = 0x03;
    private static final int TWO_BYTE_LENGTH = 0x4000;
    private static final byte CONNECTION_CLOSE = 0x1C;
    private static final int NUMBER_BYTES = 4;
    private static final byte NO_TOKEN = 0;

    private Refusal() {}

    /**
     * Tells a client which versions are spoken (RFC 9000, section 17.2.1).
     *
     * @param head its packet
     * @return the packet for it
     */
    public static byte[] ofVersion(QuicHead head) {
        int first = QuicHead.LONG | FIXED | ThreadLocalRandom.current().nextInt(FIXED);
        return QuicHead.begin(first, QuicHead.NEGOTIATION, head.source(), head.destination(), Integer.BYTES)
                .putInt(QuicHead.VERSION_1)
                .array();
    }

    /**
     * Tells a client that it gets no connection (RFC 9000, section 10.2.3).
     *
     * @param head its first packet
     * @param error why
     * @return the packet for it
     */
    public static byte[] ofConnection(QuicHead head, int error) {
        ConnectionId server = head.destination();
        ByteBuffer content = ByteBuffer.allocate(1 + Short.BYTES + 2);
        content.put(CONNECTION_CLOSE).putShort((short) (TWO_BYTE_LENGTH | error));
        int length = NUMBER_BYTES + content.capacity() + InitialKeys.TAG_BYTES;
        int first = QuicHead.LONG | FIXED | FOUR_BYTE_NUMBER;
        byte[] opening = QuicHead.begin(
                        first, QuicHead.VERSION_1, head.source(), server, 1 + Short.BYTES + NUMBER_BYTES)
                .put(NO_TOKEN)
                .putShort((short) (TWO_BYTE_LENGTH | length))
                .putInt(0)
                .array();
        try {
            return InitialKeys.ofServer(server).seal(opening, content.array());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK lacks what QUIC needs", e);
        }
    }
}
