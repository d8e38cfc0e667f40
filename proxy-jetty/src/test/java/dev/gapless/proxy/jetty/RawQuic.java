package dev.gapless.proxy.jetty;

import dev.gapless.proxy.jetty.quic.ConnectionId;
import dev.gapless.proxy.jetty.quic.FirstPackets;
import dev.gapless.proxy.jetty.quic.QuicHead;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.util.Arrays;

/** A client of QUIC that gets no further than its hello, and may say what it wants. */
final class RawQuic implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 10_000;
    private static final byte[] NO_TOKEN = new byte[0];

    private final DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
    private final ConnectionId client = FirstPackets.newId();
    private ConnectionId server = FirstPackets.newId();
    private byte[] token = NO_TOKEN;

    RawQuic(int port) throws Exception {
        socket.connect(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(PATIENCE_MILLIS);
    }

    void send(byte[] datagram) throws Exception {
        socket.send(new DatagramPacket(datagram, datagram.length));
    }

    byte[] next() throws Exception {
        DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
        socket.receive(packet);
        return Arrays.copyOf(packet.getData(), packet.getLength());
    }

    /** Sends a first datagram with a hello, or with what is to be taken for one. */
    void say(byte[] hello) throws Exception {
        send(FirstPackets.initial(server, client, token, hello, 0, hello.length));
    }

    /** Says it once more, as it is asked to by a server that wants its address proved. */
    void sayWithProof(byte[] hello) throws Exception {
        say(hello);
        byte[] answer = next();
        token = FirstPackets.token(answer);
        server = QuicHead.read(answer).source();
        say(hello);
    }

    /** Says it with a proof of its own making, which is of the form that Jetty's have. */
    void sayWithForgedProof(byte[] hello) throws Exception {
        token = new byte[] {'j', 'e', 't', 't', 'y', 127, 0, 0, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8};
        say(hello);
        token = NO_TOKEN;
    }

    /** {@return what the server closes the connection with, or -1 if it says something else} */
    int error() throws Exception {
        return FirstPackets.error(next(), server);
    }

    @Override
    public void close() {
        socket.close();
    }
}
