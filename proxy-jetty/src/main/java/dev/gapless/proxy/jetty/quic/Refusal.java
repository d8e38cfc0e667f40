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

    private static final int LONG = 0x80;
    private static final int FIXED = 0x40;
    private static final int FOUR_BYTE_NUMBER = 0x03;
    private static final int TWO_BYTE_LENGTH = 0x4000;
    private static final byte CONNECTION_CLOSE = 0x1C;
    private static final int NUMBER_BYTES = 4;
    private static final int MAX_ID_BYTES = 255;

    private Refusal() {}

    /**
     * Tells a client which versions are spoken (RFC 9000, section 17.2.1).
     *
     * @param head its packet
     * @return the packet for it
     */
    public static byte[] ofVersion(QuicHead head) {
        ConnectionId client = head.source();
        ConnectionId server = head.destination();
        return ByteBuffer.allocate(1 + Integer.BYTES + 2 + client.length() + server.length() + Integer.BYTES)
                .put((byte) (LONG | FIXED | ThreadLocalRandom.current().nextInt(FIXED)))
                .putInt(0)
                .put((byte) client.length())
                .put(client.bytes())
                .put((byte) server.length())
                .put(server.bytes())
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
        ConnectionId client = head.source();
        ConnectionId server = head.destination();
        ByteBuffer content = ByteBuffer.allocate(1 + Short.BYTES + 2);
        content.put(CONNECTION_CLOSE).putShort((short) (TWO_BYTE_LENGTH | error));
        int length = NUMBER_BYTES + content.capacity() + InitialKeys.TAG_BYTES;
        ByteBuffer opening = ByteBuffer.allocate(MAX_ID_BYTES)
                .put((byte) (LONG | FIXED | FOUR_BYTE_NUMBER))
                .putInt(QuicHead.VERSION_1)
                .put((byte) client.length())
                .put(client.bytes())
                .put((byte) server.length())
                .put(server.bytes())
                .put((byte) 0)
                .putShort((short) (TWO_BYTE_LENGTH | length))
                .putInt(0);
        byte[] bytes = new byte[opening.position()];
        opening.flip().get(bytes);
        try {
            return InitialKeys.ofServer(server).seal(bytes, content.array());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK lacks what QUIC needs", e);
        }
    }
}
