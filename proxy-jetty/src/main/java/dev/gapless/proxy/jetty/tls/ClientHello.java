package dev.gapless.proxy.jetty.tls;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The first message of a TLS client (RFC 8446, section 4.1.2; RFC 5246, section 7.4.1.2), as far as a certificate is chosen by
 * it.
 *
 * @param serverName the host that it wants to reach (RFC 6066, section 3), in lower case and without a trailing dot
 * @param protocols what it wants to speak (ALPN, RFC 7301), in the order in which it says so
 */
public record ClientHello(Optional<String> serverName, List<String> protocols) {
    /** The longest that is read, records included: those of today's browsers have about 2 KiB. */
    public static final int MAX_BYTES = 16 * 1024;

    private static final int HANDSHAKE_RECORD = 22;
    private static final int MAJOR_VERSION = 3;
    private static final int RECORD_HEADER_BYTES = 5;
    private static final int MAX_RECORD_BYTES = 16 * 1024;
    private static final int CLIENT_HELLO = 1;
    private static final int MESSAGE_HEADER_BYTES = 4;
    private static final int VERSION_AND_RANDOM_BYTES = 34;
    private static final int SERVER_NAME = 0;
    private static final int HOST_NAME = 0;
    private static final int ALPN = 16;

    /** The peer does not speak TLS. */
    public static final class NotTlsException extends Exception {
        private static final long serialVersionUID = 1L;

        NotTlsException(String message) {
            super(message, null, false, false);
        }
    }

    /** The peer speaks TLS, but badly. */
    public static final class MalformedException extends Exception {
        private static final long serialVersionUID = 1L;

        /**
         * Says what is wrong.
         *
         * @param message what has come
         */
        public MalformedException(String message) {
            super(message, null, false, false);
        }
    }

    /**
     * Reads the message.
     *
     * @param come what has come so far, from its position on; it is not changed
     * @return the message, or null if it is not whole yet
     * @throws NotTlsException if this is no TLS
     * @throws MalformedException if it will never be a proper message of at most {@value #MAX_BYTES} bytes
     */
    public static @Nullable ClientHello read(ByteBuffer come) throws NotTlsException, MalformedException {
        ByteBuffer records = come.slice();
        ByteBuffer message = ByteBuffer.allocate(records.remaining());
        int length = Integer.MAX_VALUE;
        while (message.position() < length) {
            if (!nextRecord(records, message)) {
                checkRoom(come);
                return null;
            }
            if (length == Integer.MAX_VALUE && message.position() >= MESSAGE_HEADER_BYTES) {
                length = messageLength(message);
            }
        }
        message.flip().position(MESSAGE_HEADER_BYTES).limit(length);
        return parseWhole(message);
    }

    /**
     * Reads the message where it is not in records, as in QUIC.
     *
     * @param come what has come so far
     * @return the message, or null if it is not whole yet
     * @throws MalformedException if it will never be a proper message of at most {@value #MAX_BYTES} bytes
     */
    public static @Nullable ClientHello readMessage(ByteBuffer come) throws MalformedException {
        ByteBuffer message = come.slice();
        if (message.remaining() < MESSAGE_HEADER_BYTES) {
            return null;
        }
        int length = messageLength(message);
        return message.remaining() < length
                ? null
                : parseWhole(message.position(MESSAGE_HEADER_BYTES).limit(length));
    }

    private static ClientHello parseWhole(ByteBuffer message) throws MalformedException {
        try {
            return parse(message);
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            throw new MalformedException("a client hello that does not hold what its lengths say");
        }
    }

    /** Appends what the next record holds to the message. {@return whether it is there} */
    private static boolean nextRecord(ByteBuffer records, ByteBuffer message)
            throws NotTlsException, MalformedException {
        int at = records.position();
        int available = records.remaining();
        if (available > 0 && records.get(at) != HANDSHAKE_RECORD) {
            throw new NotTlsException("the byte " + (records.get(at) & 0xFF));
        }
        if (available > 1 && records.get(at + 1) != MAJOR_VERSION) {
            throw new NotTlsException("the version " + (records.get(at + 1) & 0xFF));
        }
        if (available < RECORD_HEADER_BYTES) {
            return false;
        }
        int length = records.getShort(at + RECORD_HEADER_BYTES - 2) & 0xFFFF;
        if (length == 0 || length > MAX_RECORD_BYTES) {
            throw new MalformedException("a record of " + length + " bytes");
        }
        if (available < RECORD_HEADER_BYTES + length) {
            return false;
        }
        records.position(at + RECORD_HEADER_BYTES);
        message.put(records.slice().limit(length));
        records.position(at + RECORD_HEADER_BYTES + length);
        return true;
    }

    private static void checkRoom(ByteBuffer come) throws MalformedException {
        if (come.remaining() >= MAX_BYTES) {
            throw new MalformedException("no client hello within " + MAX_BYTES + " bytes");
        }
    }

    private static int messageLength(ByteBuffer message) throws MalformedException {
        if (message.get(0) != CLIENT_HELLO) {
            throw new MalformedException("the handshake message " + (message.get(0) & 0xFF));
        }
        int length = (message.getInt(0) & 0xFFFFFF) + MESSAGE_HEADER_BYTES;
        if (length > MAX_BYTES) {
            throw new MalformedException("a client hello of " + length + " bytes");
        }
        return length;
    }

    private static ClientHello parse(ByteBuffer message) {
        skip(message, VERSION_AND_RANDOM_BYTES);
        skip(message, message.get() & 0xFF); // The session.
        skip(message, message.getShort() & 0xFFFF); // The cipher suites.
        skip(message, message.get() & 0xFF); // The compression methods.
        Optional<String> serverName = Optional.empty();
        List<String> protocols = List.of();
        ByteBuffer extensions = message.hasRemaining() ? vector(message) : message;
        while (extensions.hasRemaining()) {
            int type = extensions.getShort() & 0xFFFF;
            ByteBuffer extension = vector(extensions);
            if (type == SERVER_NAME && extension.hasRemaining()) {
                serverName = serverName(vector(extension));
            } else if (type == ALPN) {
                protocols = protocols(vector(extension));
            }
        }
        return new ClientHello(serverName, protocols);
    }

    private static Optional<String> serverName(ByteBuffer names) {
        while (names.hasRemaining()) {
            int type = names.get();
            ByteBuffer name = vector(names);
            if (type == HOST_NAME) {
                String host = text(name).toLowerCase(Locale.ROOT);
                return Optional.of(host.endsWith(".") ? host.substring(0, host.length() - 1) : host);
            }
        }
        return Optional.empty();
    }

    private static List<String> protocols(ByteBuffer list) {
        List<String> protocols = new ArrayList<>();
        while (list.hasRemaining()) {
            int length = list.get() & 0xFF;
            ByteBuffer name = list.slice().limit(length);
            skip(list, length);
            protocols.add(text(name));
        }
        return protocols;
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.ISO_8859_1.decode(bytes).toString();
    }

    /** {@return what follows two bytes that say how long it is} */
    private static ByteBuffer vector(ByteBuffer from) {
        int length = from.getShort() & 0xFFFF;
        ByteBuffer content = from.slice().limit(length);
        skip(from, length);
        return content;
    }

    private static void skip(ByteBuffer bytes, int count) {
        bytes.position(bytes.position() + count);
    }
}
