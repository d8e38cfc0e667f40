package dev.gapless.proxy.jetty.quic;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a packet says before anything in it is encrypted (RFC 8999; RFC 9000, section 17).
 *
 * @param form what kind of packet it is
 * @param destination the receiver's name for the connection
 * @param source the sender's; empty in a packet of {@link Form#SHORT}, which does not say it
 * @param token what proves the sender's address, in a packet of {@link Form#INITIAL}; else empty
 * @param start where the packet begins in its datagram
 * @param protectedFrom where its number begins, in a packet of {@link Form#INITIAL}; else 0
 * @param end where it ends
 */
public record QuicHead(
        Form form,
        ConnectionId destination,
        ConnectionId source,
        ByteBuffer token,
        int start,
        int protectedFrom,
        int end) {
    /** QUIC as in RFC 9000, the only version that is spoken. */
    static final int VERSION_1 = 1;

    /** In the place of a version, in the packet that says which there are. */
    static final int NEGOTIATION = 0;

    /** In the first byte of a packet of the long form. */
    static final int LONG = 0x80;

    private static final int TYPE = 0x30;
    private static final ByteBuffer NO_TOKEN = ByteBuffer.allocate(0);

    /** What kinds of packets there are, as far as it matters here. */
    public enum Form {
        /** Of a version that is not spoken. */
        OTHER_VERSION,
        /** Which begins a connection. */
        INITIAL,
        /** Which belongs to the handshake, or goes ahead of it. */
        OTHER_LONG,
        /** Of a connection that stands. */
        SHORT
    }

    /** {@return whether the client has proved where it is} Whether the proof holds is another thing. */
    public boolean hasToken() {
        return token.hasRemaining();
    }

    /**
     * Begins a packet of the long form.
     *
     * @param receiver the receiver's name for the connection
     * @param sender the sender's
     * @param more how many bytes are to follow
     * @return its head, in a buffer with room for just these
     */
    static ByteBuffer begin(int first, int version, ConnectionId receiver, ConnectionId sender, int more) {
        return ByteBuffer.allocate(1 + Integer.BYTES + 1 + receiver.length() + 1 + sender.length() + more)
                .put((byte) first)
                .putInt(version)
                .put((byte) receiver.length())
                .put(receiver.bytes())
                .put((byte) sender.length())
                .put(sender.bytes());
    }

    /** {@return what the first packet of the datagram says, or null if it is none} */
    public static @Nullable QuicHead read(byte[] datagram) {
        return read(datagram, 0);
    }

    static @Nullable QuicHead read(byte[] datagram, int start) {
        try {
            ByteBuffer packet = ByteBuffer.wrap(datagram).position(start);
            int first = packet.get();
            if ((first & LONG) != 0) {
                return readLong(packet, start, first & TYPE);
            }
            byte[] destination = PacketBytes.read(packet, ConnectionId.BYTES);
            return new QuicHead(
                    Form.SHORT,
                    ConnectionId.of(destination, 0, destination.length),
                    new ConnectionId(""),
                    NO_TOKEN,
                    start,
                    0,
                    datagram.length);
        } catch (BufferUnderflowException e) {
            return null;
        }
    }

    private static @Nullable QuicHead readLong(ByteBuffer packet, int start, int type) {
        int version = packet.getInt();
        ConnectionId destination = readId(packet);
        ConnectionId source = readId(packet);
        if (version == NEGOTIATION) {
            return null; // Which only servers send, and which is never answered (RFC 9000, section 6.1).
        }
        if (version != VERSION_1) {
            return new QuicHead(Form.OTHER_VERSION, destination, source, NO_TOKEN, start, 0, packet.limit());
        }
        if (destination.length() > ConnectionId.BYTES || source.length() > ConnectionId.BYTES) {
            return null;
        }
        if (type != 0) {
            return new QuicHead(Form.OTHER_LONG, destination, source, NO_TOKEN, start, 0, packet.limit());
        }
        ByteBuffer token = ByteBuffer.wrap(PacketBytes.read(packet, PacketBytes.readLength(packet)));
        int length = PacketBytes.readLength(packet);
        int protectedFrom = packet.position();
        return new QuicHead(Form.INITIAL, destination, source, token, start, protectedFrom, protectedFrom + length);
    }

    private static ConnectionId readId(ByteBuffer packet) {
        byte[] id = PacketBytes.read(packet, packet.get() & 0xFF);
        return ConnectionId.of(id, 0, id.length);
    }
}
