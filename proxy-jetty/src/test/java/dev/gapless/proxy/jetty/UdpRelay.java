package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Passes datagrams on between a client and a server, and sends the server spoilt copies of the client's, or has somebody else do.
 */
final class UdpRelay implements AutoCloseable {
    private static final int MOST_BYTES = 2048;
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
    /** Another address of this machine. */
    private static final String OTHER_ADDRESS = "127.0.0.2";

    private final DatagramChannel near = DatagramChannel.open();
    private final DatagramChannel far;
    private final DatagramChannel other;
    private final Random random;
    private final AtomicInteger forged = new AtomicInteger();
    private final InetSocketAddress server;
    private volatile InetSocketAddress client = new InetSocketAddress(LOOPBACK, 0);

    private UdpRelay(int port, DatagramChannel far, DatagramChannel other, Random random) throws Exception {
        this.far = far;
        this.other = other;
        this.random = random;
        server = new InetSocketAddress(LOOPBACK, port);
        near.bind(new InetSocketAddress(LOOPBACK, 0));
    }

    /** One whose spoilt copies come from another address. */
    static UdpRelay forging(int port) throws Exception {
        return started(
                new UdpRelay(port, bound(LOOPBACK), bound(InetAddress.getByName(OTHER_ADDRESS)), new Random(port)));
    }

    /** One that does so itself. */
    static UdpRelay spoiling(int port, Random random) throws Exception {
        DatagramChannel far = bound(LOOPBACK);
        return started(new UdpRelay(port, far, far, random));
    }

    private static DatagramChannel bound(InetAddress address) throws IOException {
        DatagramChannel socket = DatagramChannel.open();
        socket.bind(new InetSocketAddress(address, 0));
        return socket;
    }

    private static UdpRelay started(UdpRelay relay) {
        start(relay::passToServer);
        start(relay::passToClient);
        return relay;
    }

    private static void start(Passing passing) {
        Thread thread = new Thread(
                () -> {
                    try {
                        while (true) {
                            passing.one();
                        }
                    } catch (ClosedChannelException e) {
                        // The end.
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                },
                "udp-relay");
        thread.setDaemon(true);
        thread.start();
    }

    private interface Passing {
        void one() throws Exception;
    }

    int port() throws Exception {
        return ((InetSocketAddress) near.getLocalAddress()).getPort();
    }

    /** {@return how many datagrams somebody else has sent} */
    int forged() {
        return forged.get();
    }

    private void passToServer() throws Exception {
        ByteBuffer datagram = ByteBuffer.allocate(MOST_BYTES);
        client = (InetSocketAddress) near.receive(datagram);
        far.send(datagram.flip(), server);
        int at = random.nextInt(datagram.limit());
        datagram.rewind().put(at, (byte) (datagram.get(at) ^ (1 + random.nextInt(255))));
        other.send(datagram, server);
        forged.incrementAndGet();
    }

    private void passToClient() throws Exception {
        ByteBuffer datagram = ByteBuffer.allocate(MOST_BYTES);
        far.receive(datagram);
        near.send(datagram.flip(), client);
    }

    @Override
    public void close() throws IOException {
        near.close();
        far.close();
        other.close();
    }
}
