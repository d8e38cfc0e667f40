package dev.gapless.proxy.jetty.quic;

import dev.gapless.proxy.jetty.tls.ClientHello;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * A client's hello, as it comes together out of its first packets: it may be longer than one, and comes in pieces in any order.
 * Not thread-safe.
 */
public final class QuicHello {
    private static final int PADDING = 0x00;
    private static final int PING = 0x01;
    private static final int ACK = 0x02;
    private static final int ACK_WITH_ECN = 0x03;
    private static final int CRYPTO = 0x06;
    private static final int ECN_COUNTS = 3;

    private final ConnectionId destination;
    private final InitialKeys keys;
    private final BitSet known = new BitSet();
    private byte[] message = new byte[2048];

    /**
     * Begins with nothing.
     *
     * @param destination the client's name for the server's side of the connection
     */
    public QuicHello(ConnectionId destination) {
        this.destination = destination;
        try {
            keys = InitialKeys.ofClient(destination);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK lacks what QUIC needs", e);
        }
    }

    /**
     * Adds what a datagram says. What is no packet of this client is passed over.
     *
     * @return the hello, or null if it is not whole yet
     * @throws ClientHello.MalformedException if it will never be a proper one
     */
    public @Nullable ClientHello add(byte[] datagram) throws ClientHello.MalformedException {
        QuicHead head = QuicHead.read(datagram);
        while (head != null
                && head.form() == QuicHead.Form.INITIAL
                && head.destination().equals(destination)) {
            addPacket(datagram, head);
            head = head.end() < datagram.length ? QuicHead.read(datagram, head.end()) : null;
        }
        return ClientHello.readMessage(ByteBuffer.wrap(message, 0, known.nextClearBit(0)));
    }

    private void addPacket(byte[] datagram, QuicHead head) throws ClientHello.MalformedException {
        try {
            ByteBuffer content = keys.open(datagram, head);
            while (content != null && content.hasRemaining()) {
                readFrame(content);
            }
        } catch (BufferUnderflowException e) {
            throw new ClientHello.MalformedException("a packet that does not hold what its lengths say");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK lacks what QUIC needs", e);
        }
    }

    private void readFrame(ByteBuffer content) throws ClientHello.MalformedException {
        int type = content.get();
        switch (type) {
            case PADDING, PING -> {}
            case ACK, ACK_WITH_ECN -> skipAcknowledgement(content, type);
            case CRYPTO -> readPiece(content);
            default -> throw new ClientHello.MalformedException("the frame " + type + " before its hello");
        }
    }

    private static void skipAcknowledgement(ByteBuffer content, int type) {
        PacketBytes.readNumber(content);
        PacketBytes.readNumber(content);
        long ranges = PacketBytes.readNumber(content);
        long numbers = 1 + 2 * ranges + (type == ACK_WITH_ECN ? ECN_COUNTS : 0);
        for (long i = 0; i < numbers; i++) {
            PacketBytes.readNumber(content);
        }
    }

    private void readPiece(ByteBuffer content) throws ClientHello.MalformedException {
        long offset = PacketBytes.readNumber(content);
        int length = PacketBytes.readLength(content);
        if (offset + length > ClientHello.MAX_BYTES) {
            throw new ClientHello.MalformedException("no client hello within " + ClientHello.MAX_BYTES + " bytes");
        }
        int from = (int) offset;
        if (from + length > message.length) {
            message = Arrays.copyOf(message, Math.max(2 * message.length, from + length));
        }
        content.get(message, from, length);
        known.set(from, from + length);
    }
}
