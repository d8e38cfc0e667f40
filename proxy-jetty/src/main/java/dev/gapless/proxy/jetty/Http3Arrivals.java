package dev.gapless.proxy.jetty;

import dev.gapless.proxy.jetty.quic.AddressProof;
import dev.gapless.proxy.jetty.quic.ConnectionId;
import dev.gapless.proxy.jetty.quic.QuicHead;
import dev.gapless.proxy.jetty.quic.QuicHello;
import dev.gapless.proxy.jetty.quic.Refusal;
import dev.gapless.proxy.jetty.tls.ClientHello;
import dev.gapless.proxy.jetty.tls.HandshakeChoice;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.DatagramChannelEndPoint;
import org.eclipse.jetty.util.BufferUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the UDP socket, and gives each datagram to whom it is for. Somebody new has to prove its address, and then to say which
 * host it wants, before there is anything for it: so the host's certificate can be chosen.
 */
final class Http3Arrivals extends AbstractConnection {
    private static final Logger LOG = LoggerFactory.getLogger(Http3Arrivals.class);

    /** Clients send no larger ones, as few networks take more than 1,500 bytes. It is what Jetty reads at once, too. */
    private static final int MOST_BYTES = 2048;

    /** The least that the first datagram of a client may have (RFC 9000, section 14.1). */
    private static final int LEAST_BYTES = 1200;

    /** Hellos that have come in part. The one that waits longest goes for another. */
    private static final int MOST_HELLOS = 1000;

    private static final int MOST_DATAGRAMS = 8;
    private static final String PROTOCOL = "h3";

    private final DatagramChannelEndPoint socket;
    private final Clients clients;
    private final AddressProof proof = new AddressProof(System::nanoTime);
    private final ByteBuffer buffer = BufferUtil.allocateDirect(MOST_BYTES);
    private final Map<ConnectionId, Gathering> hellos = new LinkedHashMap<>();

    /** Who is connected. */
    interface Clients {
        /** {@return the client that knows its connection by this name, or null} */
        @Nullable
        Http3Peer find(ConnectionId id);

        /** {@return whether there may be another} */
        boolean haveRoom();

        /** {@return one more, or null if there is no certificate for it} */
        @Nullable
        Http3Peer add(QuicHead head, ClientHello hello, SocketAddress address);
    }

    /** A hello that comes in several datagrams, which are kept for who is to answer it. */
    private record Gathering(QuicHello hello, List<byte[]> datagrams) {}

    Http3Arrivals(DatagramChannelEndPoint socket, Executor executor, Clients clients) {
        super(socket, executor);
        this.socket = socket;
        this.clients = clients;
    }

    @Override
    public void onOpen() {
        super.onOpen();
        fillInterested();
    }

    @Override
    public void onFillable() {
        try {
            BufferUtil.clear(buffer);
            SocketAddress from = socket.receive(buffer);
            while (from instanceof InetSocketAddress client && buffer.hasRemaining()) {
                byte[] datagram = BufferUtil.toArray(buffer);
                takeSafely(datagram, client);
                BufferUtil.clear(buffer);
                from = socket.receive(buffer);
            }
            if (socket.isOpen()) {
                fillInterested();
            }
        } catch (IOException e) {
            LOG.warn("HTTP/3 hears nothing any more: {}", e.toString());
            close();
        }
    }

    /** Nothing that anybody sends keeps others from being heard. */
    private void takeSafely(byte[] datagram, InetSocketAddress client) {
        try {
            take(datagram, client);
        } catch (IOException e) {
            LOG.debug("{} could not be answered", client, e);
        } catch (RuntimeException | Error e) {
            LOG.warn("A datagram from {} could not be read", client, e);
        }
    }

    private void take(byte[] datagram, InetSocketAddress client) throws IOException {
        QuicHead head = QuicHead.read(datagram);
        if (head == null) {
            return;
        }
        Http3Peer known = clients.find(head.destination());
        if (known != null) {
            known.arrive(datagram, client);
        } else if (datagram.length >= LEAST_BYTES) {
            takeFromStranger(datagram, head, client);
        }
    }

    private void takeFromStranger(byte[] datagram, QuicHead head, InetSocketAddress client) throws IOException {
        if (head.form() == QuicHead.Form.OTHER_VERSION) {
            send(Refusal.ofVersion(head), client);
        } else if (head.form() == QuicHead.Form.INITIAL && !clients.haveRoom()) {
            send(Refusal.ofConnection(head, Refusal.CONNECTION_REFUSED), client);
        } else if (head.form() == QuicHead.Form.INITIAL && !head.hasToken()) {
            send(proof.ask(head, client), client);
        } else if (head.form() == QuicHead.Form.INITIAL && proof.holds(head, client)) {
            hear(datagram, head, client);
        }
    }

    private void hear(byte[] datagram, QuicHead head, InetSocketAddress client) throws IOException {
        ConnectionId id = head.destination();
        Gathering gathering = hellos.computeIfAbsent(id, of -> new Gathering(new QuicHello(of), new ArrayList<>()));
        try {
            gathering.datagrams().add(datagram);
            ClientHello hello = gathering.hello().add(datagram);
            if (hello != null) {
                hellos.remove(id);
                welcome(hello, head, client, gathering.datagrams());
            } else if (gathering.datagrams().size() >= MOST_DATAGRAMS) {
                hellos.remove(id);
            } else {
                forgetOldest();
            }
        } catch (ClientHello.MalformedException e) {
            LOG.debug("{} sent {}", client, e.getMessage());
            hellos.remove(id);
            refuse(head, client, HandshakeChoice.Refused.DECODE_ERROR);
        }
    }

    private void forgetOldest() {
        if (hellos.size() > MOST_HELLOS) {
            var oldest = hellos.keySet().iterator();
            oldest.next();
            oldest.remove();
        }
    }

    private void welcome(ClientHello hello, QuicHead head, InetSocketAddress client, List<byte[]> datagrams)
            throws IOException {
        if (!hello.protocols().contains(PROTOCOL)) {
            refuse(head, client, HandshakeChoice.Refused.NO_APPLICATION_PROTOCOL);
            return;
        }
        Http3Peer peer = clients.add(head, hello, client);
        if (peer == null) {
            LOG.debug("{} has no certificate here: {}", client, hello);
            refuse(head, client, HandshakeChoice.Refused.UNRECOGNIZED_NAME);
            return;
        }
        datagrams.forEach(datagram -> peer.arrive(datagram, client));
    }

    private void refuse(QuicHead head, InetSocketAddress client, int alert) throws IOException {
        send(Refusal.ofConnection(head, Refusal.CRYPTO_ERROR + alert), client);
    }

    private void send(byte[] packet, SocketAddress to) throws IOException {
        socket.send(to, ByteBuffer.wrap(packet));
    }
}
