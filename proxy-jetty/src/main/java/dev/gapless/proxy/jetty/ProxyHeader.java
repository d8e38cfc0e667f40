package dev.gapless.proxy.jetty;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/**
 * A header of the PROXY protocol, version 1 or 2, in which a load balancer in front says who its client is. Nothing is looked
 * up in the DNS.
 *
 * @param client the client's address; empty if the balancer speaks for itself (LOCAL), does not know (UNKNOWN, UNSPEC), or
 *     its client came by a Unix domain socket
 * @see <a href="https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt">The PROXY protocol</a>
 */
record ProxyHeader(Optional<InetSocketAddress> client) {
    /** Bytes that are not what the protocol says. */
    static final class MalformedException extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedException(String what) {
            super(what, null, false, false);
        }
    }

    /**
     * The longest header that is taken. Version 1 has 107 bytes at most; in version 2 the rest of 64 KiB is for extras, of
     * which a client's certificate is the largest that is seen.
     */
    static final int MAX_BYTES = 16 * 1024;

    private static final int MAX_V1_BYTES = 107;
    private static final int V2_FIXED_BYTES = 16;

    private static final byte[] V1_SIGNATURE = "PROXY ".getBytes(ISO_8859_1);
    private static final byte[] V2_SIGNATURE = "\r\n\r\n\0\r\nQUIT\n".getBytes(ISO_8859_1);

    private static final int VERSION_2 = 0x20;
    private static final int LOCAL = 0;
    private static final int PROXY = 1;

    private static final int UNSPEC = 0x00;
    private static final int TCP_OVER_IPV4 = 0x11;
    private static final int TCP_OVER_IPV6 = 0x21;
    private static final int UNIX_STREAM = 0x31;

    private static final ProxyHeader UNKNOWN = new ProxyHeader(Optional.empty());

    /**
     * Reads the header at the beginning of the buffer.
     *
     * @param buffer what has come so far, the header in front; what follows the header is left
     * @return the header, or null if it is not whole yet, and then nothing is consumed
     * @throws MalformedException as soon as it is clear that it will be no header, or too long a one
     */
    static @Nullable ProxyHeader read(ByteBuffer buffer) throws MalformedException {
        if (begins(buffer, V1_SIGNATURE)) {
            return readV1(buffer);
        }
        if (begins(buffer, V2_SIGNATURE)) {
            return readV2(buffer);
        }
        throw new MalformedException("no header of the PROXY protocol");
    }

    /** Whether the buffer begins with the signature, as far as it goes. */
    private static boolean begins(ByteBuffer buffer, byte[] signature) {
        for (int i = 0; i < Math.min(buffer.remaining(), signature.length); i++) {
            if (buffer.get(buffer.position() + i) != signature[i]) {
                return false;
            }
        }
        return true;
    }

    private static @Nullable ProxyHeader readV1(ByteBuffer buffer) throws MalformedException {
        int length = Math.min(buffer.remaining(), MAX_V1_BYTES);
        byte[] bytes = new byte[length];
        buffer.get(buffer.position(), bytes);
        String text = new String(bytes, ISO_8859_1);
        int end = text.indexOf("\r\n");
        if (end >= 0) {
            ProxyHeader header = parseV1(text.substring(0, end));
            buffer.position(buffer.position() + end + 2);
            return header;
        }
        if (length == MAX_V1_BYTES) {
            throw new MalformedException("a line of more than " + MAX_V1_BYTES + " bytes");
        }
        return null;
    }

    /** {@code PROXY TCP4 <source> <destination> <source port> <destination port>}, each one space from the next. */
    private static ProxyHeader parseV1(String line) throws MalformedException {
        if (line.equals("PROXY UNKNOWN") || line.startsWith("PROXY UNKNOWN ")) {
            return UNKNOWN;
        }
        String[] words = line.split(" ", -1);
        boolean v4 = words.length == 6 && words[1].equals("TCP4");
        if (!v4 && !(words.length == 6 && words[1].equals("TCP6"))) {
            throw new MalformedException("a line that names neither TCP4, TCP6 nor UNKNOWN");
        }
        InetAddress source = v4 ? v4(words[2]) : v6(words[2]);
        InetAddress destination = v4 ? v4(words[3]) : v6(words[3]);
        int port = port(words[4]);
        if (source == null || destination == null || port < 0 || port(words[5]) < 0) {
            throw new MalformedException("a line with bad addresses or ports");
        }
        return new ProxyHeader(Optional.of(new InetSocketAddress(source, port)));
    }

    private static @Nullable InetAddress v4(String text) throws MalformedException {
        String[] parts = text.split("\\.", -1);
        byte[] address = new byte[4];
        for (int i = 0; i < 4; i++) {
            int octet = parts.length == 4 ? number(parts[i], 255) : -1;
            if (octet < 0) {
                return null;
            }
            address[i] = (byte) octet;
        }
        return address(address);
    }

    /** Java reads the literal itself where there is a colon and the first character is not for a name. */
    private static @Nullable InetAddress v6(String text) {
        boolean literal = text.indexOf(':') >= 0
                && text.charAt(0) != '.'
                && text.chars().allMatch(c -> c == ':' || c == '.' || (c < 0x80 && Character.digit(c, 16) >= 0));
        try {
            return literal ? InetAddress.getByName(text) : null;
        } catch (UnknownHostException e) {
            return null;
        }
    }

    private static int port(String text) {
        return number(text, 0xFFFF);
    }

    /** {@return the number, or -1 if the text is none without needless zeros or too large a one} */
    private static int number(String text, int most) {
        boolean digits = !text.isEmpty()
                && text.length() <= 5
                && text.chars().allMatch(c -> c >= '0' && c <= '9')
                && (text.length() == 1 || text.charAt(0) != '0');
        int number = digits ? Integer.parseInt(text) : -1;
        return number > most ? -1 : number;
    }

    private static @Nullable ProxyHeader readV2(ByteBuffer buffer) throws MalformedException {
        if (buffer.remaining() < V2_FIXED_BYTES) {
            return null;
        }
        int at = buffer.position();
        int versionAndCommand = buffer.get(at + 12) & 0xFF;
        int family = buffer.get(at + 13) & 0xFF;
        int length = buffer.getShort(at + 14) & 0xFFFF;
        check(versionAndCommand, family, length);
        if (buffer.remaining() < V2_FIXED_BYTES + length) {
            return null;
        }
        ByteBuffer body = buffer.slice(at + V2_FIXED_BYTES, length);
        buffer.position(at + V2_FIXED_BYTES + length);
        return versionAndCommand == (VERSION_2 | LOCAL) ? UNKNOWN : client(family, body);
    }

    private static void check(int versionAndCommand, int family, int length) throws MalformedException {
        if (versionAndCommand != (VERSION_2 | LOCAL) && versionAndCommand != (VERSION_2 | PROXY)) {
            throw new MalformedException("version and command 0x" + Integer.toHexString(versionAndCommand));
        }
        if (length > MAX_BYTES - V2_FIXED_BYTES) {
            throw new MalformedException("a header of " + length + " bytes");
        }
        // Of LOCAL, family and addresses are to be ignored.
        if (versionAndCommand == (VERSION_2 | PROXY) && length < addressBytes(family)) {
            throw new MalformedException("addresses cut short at " + length + " bytes");
        }
    }

    private static int addressBytes(int family) throws MalformedException {
        return switch (family) {
            case UNSPEC -> 0;
            case TCP_OVER_IPV4 -> 12;
            case TCP_OVER_IPV6 -> 36;
            case UNIX_STREAM -> 216;
            default -> throw new MalformedException("address family and protocol 0x" + Integer.toHexString(family));
        };
    }

    /** What follows the addresses (TLVs, among them checksums) says nothing that is needed here. */
    private static ProxyHeader client(int family, ByteBuffer body) throws MalformedException {
        if (family != TCP_OVER_IPV4 && family != TCP_OVER_IPV6) {
            return UNKNOWN;
        }
        byte[] addresses = new byte[family == TCP_OVER_IPV4 ? 8 : 32];
        body.get(addresses);
        int port = body.getShort() & 0xFFFF;
        InetAddress source = address(Arrays.copyOf(addresses, addresses.length / 2));
        return new ProxyHeader(Optional.of(new InetSocketAddress(source, port)));
    }

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("an address of " + bytes.length + " bytes", e);
        }
    }
}
