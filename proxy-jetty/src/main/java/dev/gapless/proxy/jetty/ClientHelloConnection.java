package dev.gapless.proxy.jetty;

import dev.gapless.proxy.jetty.LaneServerConnector.ClientEndPoint;
import dev.gapless.proxy.jetty.tls.ClientHello;
import dev.gapless.proxy.jetty.tls.ClientTls;
import dev.gapless.proxy.jetty.tls.Handshake;
import dev.gapless.proxy.jetty.tls.HandshakeChoice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Function;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Invocable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection of which no more is read than the client's hello. By that its certificate is chosen, and then TLS begins, which
 * reads the hello once more. If the certificate is yet to be got, the connection waits without a thread.
 */
final class ClientHelloConnection extends AbstractConnection implements Connection.UpgradeFrom, Connection.UpgradeTo {
    private static final Logger LOG = LoggerFactory.getLogger(ClientHelloConnection.class);

    /** Most hellos fit. */
    private static final int FIRST_READ_BYTES = 2048;

    private static final byte ALERT_RECORD = 21;
    private static final byte FATAL = 2;

    private final ClientTls tls;
    private final ClientEndPoint client;
    private final Function<Handshake, Connection> next;
    private final Callback readable =
            Callback.from(Invocable.InvocationType.NON_BLOCKING, this::onFillable, this::onFillInterestedFailed);
    private ByteBuffer come = BufferUtil.allocate(FIRST_READ_BYTES);

    ClientHelloConnection(
            Connector connector, ClientTls tls, ClientEndPoint client, Function<Handshake, Connection> next) {
        super(client, connector.getExecutor());
        this.tls = tls;
        this.client = client;
        this.next = next;
    }

    /** What a proxy in front has sent together with its own words. */
    @Override
    public void onUpgradeTo(ByteBuffer before) {
        while (BufferUtil.space(come) < before.remaining()) {
            enlarge();
        }
        BufferUtil.append(come, before);
    }

    @Override
    public void onOpen() {
        super.onOpen();
        if (come.hasRemaining()) {
            onFillable();
        } else {
            fillInterested(readable);
        }
    }

    @Override
    public void onFillable() {
        try {
            ClientHello hello = read();
            if (hello != null) {
                carryOut(tls.choose(hello), hello);
            }
        } catch (ClientHello.NotTlsException e) {
            LOG.debug("{} must speak TLS, but there came {}; closed", client.getRemoteSocketAddress(), e.getMessage());
            client.close();
        } catch (ClientHello.MalformedException e) {
            LOG.debug("{} sent {}", client.getRemoteSocketAddress(), e.getMessage());
            refuse(HandshakeChoice.Refused.DECODE_ERROR);
        } catch (IOException | RuntimeException e) {
            client.close(e);
        }
    }

    @Override
    public void onFillInterestedFailed(Throwable cause) {
        client.close(cause);
    }

    /** {@return the hello, or null if it is not there yet, or never will be as the connection is closed} */
    private @Nullable ClientHello read()
            throws IOException, ClientHello.NotTlsException, ClientHello.MalformedException {
        ClientHello hello = ClientHello.read(come);
        while (hello == null) {
            if (BufferUtil.space(come) == 0) {
                enlarge();
            }
            int filled = client.fill(come);
            if (filled < 0) {
                client.close();
                return null;
            } else if (filled == 0) {
                fillInterested(readable);
                return null;
            }
            hello = ClientHello.read(come);
        }
        return hello;
    }

    private void enlarge() {
        ByteBuffer larger = BufferUtil.allocate(Math.min(ClientHello.MAX_BYTES, 4 * come.capacity()));
        BufferUtil.append(larger, come);
        come = larger;
    }

    private void carryOut(HandshakeChoice choice, ClientHello hello) {
        if (choice instanceof HandshakeChoice.Accepted accepted) {
            begin(accepted.handshake());
        } else if (choice instanceof HandshakeChoice.Awaited awaited) {
            awaited.over().whenComplete((got, failure) -> client.execute(() -> goOn(hello)));
        } else if (choice instanceof HandshakeChoice.Refused refused) {
            LOG.debug("{} has no certificate here: {}", client.getRemoteSocketAddress(), hello);
            refuse(refused.alert());
        }
    }

    private void goOn(ClientHello hello) {
        if (client.isOpen()) {
            try {
                carryOut(tls.chooseNow(hello), hello);
            } catch (RuntimeException e) {
                client.close(e);
            }
        }
    }

    private void begin(Handshake handshake) {
        try {
            client.upgrade(next.apply(handshake));
        } catch (RuntimeException | Error e) {
            handshake.ended().run();
            throw e;
        }
    }

    /** Ends the connection with a fatal alert (RFC 8446, section 6), in the form that all versions have. */
    private void refuse(int alert) {
        ByteBuffer message = ByteBuffer.wrap(new byte[] {ALERT_RECORD, 3, 3, 0, 2, FATAL, (byte) alert});
        client.write(Callback.from(Invocable.InvocationType.NON_BLOCKING, client::close, client::close), message);
    }

    @Override
    public @Nullable ByteBuffer onUpgradeFrom() {
        return come.hasRemaining() ? come : null;
    }
}
