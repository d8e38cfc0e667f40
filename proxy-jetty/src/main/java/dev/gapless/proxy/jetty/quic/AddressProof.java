package dev.gapless.proxy.jetty.quic;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.function.LongSupplier;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;

/**
 * Has clients prove that they are where their packets claim to come from, before anything is kept or done for them: they are
 * told to try again (RFC 9000, section 8.1.2) under a name for the connection that only the proxy can make.
 *
 * <p>The token has the form that Jetty expects; as that can be made by anybody, the proof is in the name. Thread-safe.
 */
public final class AddressProof {
    private static final byte[] TOKEN_BEGIN = "jetty".getBytes(StandardCharsets.US_ASCII);
    private static final int SECRET_BYTES = 32;
    private static final int PORT_BYTES = 2;
    private static final byte RETRY = (byte) 0xFF;

    /** What everybody protects these packets by against mistakes (RFC 9001, section 5.8). */
    private static final SecretKeySpec RETRY_KEY =
            new SecretKeySpec(HexFormat.of().parseHex("be0c690b9f66575a1d766b54e368c84e"), "AES");

    private static final byte[] RETRY_NONCE = HexFormat.of().parseHex("461599d35d632bf2239825bb");

    /** A proof is one of the present time or of the one before: who has had an address does not have it for ever. */
    private static final long TIME_NANOS = Duration.ofSeconds(15).toNanos();

    private final byte[] secret = new byte[SECRET_BYTES];
    private final LongSupplier nanoTime;

    /**
     * Makes proofs that hold for 15 to 30 seconds.
     *
     * @param nanoTime the time, as {@link System#nanoTime}
     */
    public AddressProof(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        new SecureRandom().nextBytes(secret);
    }

    /**
     * Asks a client for the proof.
     *
     * @param head its first packet
     * @param client where that seems to come from
     * @return the packet for it
     */
    public byte[] ask(QuicHead head, InetSocketAddress client) {
        try {
            ConnectionId asked = head.destination();
            byte[] token = token(asked, client);
            return retry(head.source(), name(token, time()), asked, token);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK lacks what QUIC needs", e);
        }
    }

    static byte[] retry(ConnectionId client, ConnectionId server, ConnectionId asked, byte[] token)
            throws GeneralSecurityException {
        byte[] packet = retryWithoutTag(client, server, token);
        int tagAt = packet.length - InitialKeys.TAG_BYTES;
        Cipher cipher = InitialKeys.cipher(Cipher.ENCRYPT_MODE, RETRY_KEY, RETRY_NONCE);
        cipher.updateAAD(new byte[] {(byte) asked.length()});
        cipher.updateAAD(asked.bytes());
        cipher.updateAAD(packet, 0, tagAt);
        cipher.doFinal(packet, tagAt);
        return packet;
    }

    /**
     * Makes a packet by which Jetty begins a connection for a client that has proved its address: it is a Retry, which a server
     * passes over (RFC 9000, section 17.2.5). What Jetty begins by a packet that the native library then refuses, as it does a
     * hello that it cannot agree with, is never put away.
     *
     * @param head the client's first packet with a token
     * @return the packet, to be given to Jetty before those of the client
     */
    public static byte[] opening(QuicHead head) {
        return retryWithoutTag(head.destination(), head.source(), head.token().array());
    }

    /** {@return a Retry with zeros in the place of the tag that protects it} */
    private static byte[] retryWithoutTag(ConnectionId receiver, ConnectionId sender, byte[] token) {
        return QuicHead.begin(RETRY, QuicHead.VERSION_1, receiver, sender, token.length + InitialKeys.TAG_BYTES)
                .put(token)
                .array();
    }

    /**
     * Tells whether the client is where its packet comes from.
     *
     * @param head the packet, with a token
     * @param client where it seems to come from
     */
    public boolean holds(QuicHead head, InetSocketAddress client) {
        byte[] token = head.token().array();
        byte[] begin = token(new ConnectionId(""), client);
        boolean isHere = token.length > begin.length
                && ByteBuffer.wrap(token, 0, begin.length).equals(ByteBuffer.wrap(begin));
        try {
            return isHere && (isOf(time(), token, head) || isOf(time() - 1, token, head));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK lacks what QUIC needs", e);
        }
    }

    private boolean isOf(long time, byte[] token, QuicHead head) throws GeneralSecurityException {
        return MessageDigest.isEqual(
                name(token, time).bytes(), head.destination().bytes());
    }

    private ConnectionId name(byte[] token, long time) throws GeneralSecurityException {
        ByteBuffer proved = ByteBuffer.allocate(Long.BYTES + token.length);
        proved.putLong(time).put(token);
        return ConnectionId.of(InitialKeys.hmac(secret, proved.array()), 0, ConnectionId.BYTES);
    }

    private long time() {
        return Math.floorDiv(nanoTime.getAsLong(), TIME_NANOS);
    }

    private static byte[] token(ConnectionId asked, InetSocketAddress client) {
        InetAddress address = client.getAddress();
        byte[] bytes = address.getAddress();
        return ByteBuffer.allocate(TOKEN_BEGIN.length + bytes.length + PORT_BYTES + asked.length())
                .put(TOKEN_BEGIN)
                .put(bytes)
                .putShort((short) client.getPort())
                .put(asked.bytes())
                .array();
    }
}
