package dev.gapless.proxy.jetty.quic;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * What protects the packets of type Initial, against mistakes more than against anybody: the keys follow from what is to be read
 * in the packet (RFC 9001, sections 5.2 to 5.4).
 */
final class InitialKeys {
    static final int TAG_BYTES = 16;

    private static final byte[] SALT = HexFormat.of().parseHex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a");
    private static final int SECRET_BYTES = 32;
    private static final int KEY_BYTES = 16;
    private static final int NONCE_BYTES = 12;
    private static final int SAMPLE_BYTES = 16;
    private static final int MAX_NUMBER_BYTES = 4;

    /** Of the first byte of a long head, what is protected with the number. */
    private static final int PROTECTED_BITS = 0x0F;

    private final SecretKeySpec key;
    private final byte[] nonce;
    private final SecretKeySpec headKey;

    private InitialKeys(ConnectionId destination, String sender) throws GeneralSecurityException {
        byte[] common = hmac(SALT, destination.bytes());
        byte[] secret = expand(common, sender, SECRET_BYTES);
        key = new SecretKeySpec(expand(secret, "quic key", KEY_BYTES), "AES");
        nonce = expand(secret, "quic iv", NONCE_BYTES);
        headKey = new SecretKeySpec(expand(secret, "quic hp", KEY_BYTES), "AES");
    }

    /** {@return what a client protects its packets by that has this name for the server's side} */
    static InitialKeys ofClient(ConnectionId destination) throws GeneralSecurityException {
        return new InitialKeys(destination, "client in");
    }

    /** {@return what a server protects its packets by for a client that has this name for its side} */
    static InitialKeys ofServer(ConnectionId destination) throws GeneralSecurityException {
        return new InitialKeys(destination, "server in");
    }

    /** {@return what the packet holds, or null if it was not protected by these keys} */
    @Nullable
    ByteBuffer open(byte[] datagram, QuicHead head) throws GeneralSecurityException {
        int from = head.protectedFrom();
        if (from + MAX_NUMBER_BYTES + SAMPLE_BYTES > head.end()) {
            return null;
        }
        byte[] packet = Arrays.copyOfRange(datagram, head.start(), head.end());
        int numberAt = from - head.start();
        byte[] mask = mask(packet, numberAt);
        packet[0] ^= (byte) (mask[0] & PROTECTED_BITS);
        int numberBytes = (packet[0] & 3) + 1;
        long number = 0;
        for (int i = 0; i < numberBytes; i++) {
            packet[numberAt + i] ^= mask[1 + i];
            number = (number << 8) | (packet[numberAt + i] & 0xFF);
        }
        int contentAt = numberAt + numberBytes;
        Cipher cipher = cipher(Cipher.DECRYPT_MODE, key, nonce(number));
        cipher.updateAAD(packet, 0, contentAt);
        try {
            return ByteBuffer.wrap(cipher.doFinal(packet, contentAt, packet.length - contentAt));
        } catch (AEADBadTagException e) {
            return null;
        }
    }

    /**
     * Protects a packet.
     *
     * @param head up to its number, which is the last of it and 0, in four bytes
     * @param content what it holds, without protection
     */
    byte[] seal(byte[] head, byte[] content) throws GeneralSecurityException {
        Cipher cipher = cipher(Cipher.ENCRYPT_MODE, key, nonce(0));
        cipher.updateAAD(head);
        byte[] sealed = cipher.doFinal(content);
        byte[] packet = Arrays.copyOf(head, head.length + sealed.length);
        System.arraycopy(sealed, 0, packet, head.length, sealed.length);
        int numberAt = head.length - MAX_NUMBER_BYTES;
        byte[] mask = mask(packet, numberAt);
        packet[0] ^= (byte) (mask[0] & PROTECTED_BITS);
        for (int i = 0; i < MAX_NUMBER_BYTES; i++) {
            packet[numberAt + i] ^= mask[1 + i];
        }
        return packet;
    }

    private byte[] mask(byte[] packet, int numberAt) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/ECB/NoPadding");
        cipher.init(Cipher.ENCRYPT_MODE, headKey);
        return cipher.doFinal(packet, numberAt + MAX_NUMBER_BYTES, SAMPLE_BYTES);
    }

    private byte[] nonce(long number) {
        byte[] of = nonce.clone();
        for (int i = 0; i < Long.BYTES; i++) {
            of[NONCE_BYTES - 1 - i] ^= (byte) (number >>> (8 * i));
        }
        return of;
    }

    static Cipher cipher(int mode, SecretKeySpec key, byte[] nonce) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BYTES * Byte.SIZE, nonce));
        return cipher;
    }

    /** HKDF-Expand-Label without context (RFC 8446, section 7.1), for no more than one block. */
    private static byte[] expand(byte[] secret, String label, int length) throws GeneralSecurityException {
        byte[] full = ("tls13 " + label).getBytes(StandardCharsets.US_ASCII);
        ByteBuffer info = ByteBuffer.allocate(Short.BYTES + 1 + full.length + 1 + 1);
        info.putShort((short) length)
                .put((byte) full.length)
                .put(full)
                .put((byte) 0)
                .put((byte) 1);
        return Arrays.copyOf(hmac(secret, info.array()), length);
    }

    static byte[] hmac(byte[] key, byte[] message) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(message);
    }
}
