package dev.gapless.proxy.jetty.quic;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/** The first packets of a QUIC client, with any content, and what a test reads in those of a server. */
public final class FirstPackets {
    private static final int LEAST_BYTES = 1200;
    private static final byte CRYPTO = 6;
    private static final int TAG_BYTES = 16;
    private static final int RECORD_HEAD_BYTES = 5;

    private FirstPackets() {}

    /** {@return a client's hello, without a record around it; not one of QUIC, as it lacks its parameters} */
    public static byte[] hello(String host, String... protocols) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, null, null);
        SSLEngine engine = context.createSSLEngine(host, 443);
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setApplicationProtocols(protocols);
        engine.setSSLParameters(parameters);
        ByteBuffer record = ByteBuffer.allocate(32 * 1024);
        engine.wrap(ByteBuffer.allocate(0), record);
        return Arrays.copyOfRange(record.array(), RECORD_HEAD_BYTES, record.position());
    }

    public static ConnectionId newId() {
        byte[] id = new byte[8];
        new SecureRandom().nextBytes(id);
        return ConnectionId.of(id, 0, id.length);
    }

    /** {@return a datagram with a piece of the client's hello} */
    public static byte[] initial(ConnectionId server, ConnectionId client, byte[] token, byte[] hello, int from, int to)
            throws Exception {
        ByteBuffer frames = ByteBuffer.allocate(LEAST_BYTES);
        frames.put(CRYPTO).putShort((short) (0x4000 | from)).putShort((short) (0x4000 | (to - from)));
        frames.put(hello, from, to - from);
        return datagram(server, client, token, frames.array());
    }

    /** {@return a datagram with these frames} */
    public static byte[] datagram(ConnectionId server, ConnectionId client, byte[] token, byte[] frames)
            throws Exception {
        ByteBuffer head = ByteBuffer.allocate(300)
                .put((byte) 0xC3)
                .putInt(1)
                .put((byte) server.length())
                .put(server.bytes())
                .put((byte) client.length())
                .put(client.bytes())
                .putShort((short) (0x4000 | token.length))
                .put(token)
                .putShort((short) (0x4000 | (4 + frames.length + TAG_BYTES)))
                .putInt(0);
        return InitialKeys.ofClient(server).seal(Arrays.copyOf(head.array(), head.position()), frames);
    }

    /** {@return the token of a server that asks its client to try again, or null if the datagram does not} */
    public static byte[] token(byte[] datagram) {
        QuicHead head = QuicHead.read(datagram);
        if (head == null || head.form() != QuicHead.Form.OTHER_LONG || (datagram[0] & 0x30) != 0x30) {
            return null;
        }
        int from = 1 + 4 + 1 + head.destination().length() + 1 + head.source().length();
        return Arrays.copyOfRange(datagram, from, datagram.length - TAG_BYTES);
    }

    /** {@return the error that a server closes the connection with, or -1 if the datagram does not} */
    public static int error(byte[] datagram, ConnectionId server) throws Exception {
        QuicHead head = QuicHead.read(datagram);
        ByteBuffer content = head == null || head.form() != QuicHead.Form.INITIAL
                ? null
                : InitialKeys.ofServer(server).open(datagram, head);
        return content == null || content.get() != 0x1C ? -1 : (int) PacketBytes.readNumber(content);
    }

    static QuicHead head(byte[] datagram) {
        QuicHead head = QuicHead.read(datagram);
        if (head == null) {
            throw new AssertionError("no packet");
        }
        return head;
    }

    static InetSocketAddress client(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }
}
