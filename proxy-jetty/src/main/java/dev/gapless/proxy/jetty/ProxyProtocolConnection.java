package dev.gapless.proxy.jetty;

import dev.gapless.proxy.jetty.LaneServerConnector.ClientEndPoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Invocable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection of which no more is read than the header of the PROXY protocol; then it speaks what its listener does. */
final class ProxyProtocolConnection extends AbstractConnection implements Connection.UpgradeFrom {
    private static final Logger LOG = LoggerFactory.getLogger(ProxyProtocolConnection.class);

    /** Most headers fit, and what may come with them is not more than the next connection has room for. */
    private static final int FIRST_READ_BYTES = 512;

    private final Connector connector;
    private final ConnectionFactory next;
    private final ClientEndPoint client;
    private final Callback readable =
            Callback.from(Invocable.InvocationType.NON_BLOCKING, this::onFillable, this::onFillInterestedFailed);
    private ByteBuffer come = BufferUtil.allocate(FIRST_READ_BYTES);

    ProxyProtocolConnection(Connector connector, ConnectionFactory next, ClientEndPoint client) {
        super(client, connector.getExecutor());
        this.connector = connector;
        this.next = next;
        this.client = client;
    }

    @Override
    public void onOpen() {
        super.onOpen();
        fillInterested(readable);
    }

    @Override
    public void onFillable() {
        try {
            ProxyHeader header = read();
            if (header != null) {
                header.client().ifPresent(client::isFrom);
                client.upgrade(next.newConnection(connector, client));
            }
        } catch (ProxyHeader.MalformedException e) {
            refuse(e.getMessage());
        } catch (IOException | RuntimeException e) {
            client.close(e);
        }
    }

    @Override
    public void onFillInterestedFailed(Throwable cause) {
        client.close(cause);
    }

    /** {@return the header, or null if it is not there yet, or never will be as the connection is closed} */
    private @Nullable ProxyHeader read() throws IOException, ProxyHeader.MalformedException {
        while (true) {
            int filled = client.fill(room());
            if (filled > 0) {
                ProxyHeader header = ProxyHeader.read(come);
                if (header != null) {
                    return header;
                }
            } else {
                if (filled < 0) {
                    refuse("the end of the stream");
                } else {
                    fillInterested(readable);
                }
                return null;
            }
        }
    }

    /** Where more can be read to: longer headers say so themselves, and how long they are is checked before they come. */
    private ByteBuffer room() {
        if (BufferUtil.space(come) == 0) {
            ByteBuffer larger = BufferUtil.allocate(Math.min(ProxyHeader.MAX_BYTES, 4 * come.capacity()));
            BufferUtil.append(larger, come);
            come = larger;
        }
        return come;
    }

    private void refuse(@Nullable String instead) {
        LOG.debug(
                "{} must speak the PROXY protocol, but there came {}; closed",
                client.getRemoteSocketAddress(),
                instead);
        client.close();
    }

    @Override
    public @Nullable ByteBuffer onUpgradeFrom() {
        return come.hasRemaining() ? come : null;
    }
}
