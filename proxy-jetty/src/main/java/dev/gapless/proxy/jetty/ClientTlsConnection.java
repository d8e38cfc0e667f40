package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ClientCertificates;
import dev.gapless.proxy.jetty.LaneServerConnector.ClientEndPoint;
import dev.gapless.proxy.jetty.tls.Handshake;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.security.auth.x500.X500Principal;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.io.ssl.SslHandshakeListener;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** TLS with a client, which remembers what was asked of it. */
final class ClientTlsConnection extends SslConnection {
    /** What a thread is writing to, within a flush. */
    private static final ThreadLocal<@Nullable ClientTlsConnection> FLUSHING = new ThreadLocal<>();

    private final Handshake handshake;
    private @Nullable String subject;
    private boolean sought;

    ClientTlsConnection(Connector connector, EndPoint client, Handshake handshake) {
        super(connector.getByteBufferPool(), connector.getExecutor(), null, client, handshake.engine(), false, false);
        this.handshake = handshake;
        setRenegotiationAllowed(false);
        setRenegotiationLimit(0);
        addHandshakeListener(new SslHandshakeListener() {
            @Override
            public void handshakeSucceeded(Event event) {
                handshake.ended().run();
            }

            @Override
            public void handshakeFailed(Event event, Throwable failure) {
                handshake.ended().run();
            }
        });
    }

    @Override
    protected SslEndPoint newSslEndPoint() {
        return new Decrypted();
    }

    /**
     * Tells those who read or write that the connection is over. A flush that fails closes the connection before it is over itself,
     * and then they hear of it afterwards: one that gives up its response would wait for the end of the very write that it is
     * called by.
     */
    private void tell(Runnable end) {
        if (FLUSHING.get() == this) {
            Lanes.execute(getEndPoint(), end);
        } else {
            end.run();
        }
    }

    @Override
    public void onFillInterestedFailed(Throwable cause) {
        tell(() -> super.onFillInterestedFailed(cause));
    }

    @Override
    public void onClose(@Nullable Throwable cause) {
        handshake.ended().run();
        super.onClose(cause);
    }

    /** {@return the connection that a request has come over; null if that is not encrypted} */
    static @Nullable ClientTlsConnection of(Request request) {
        EndPoint endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
        return endPoint instanceof SslConnection.SslEndPoint encrypted
                        && encrypted.getSslConnection() instanceof ClientTlsConnection connection
                ? connection
                : null;
    }

    /** {@return which certificate the client was asked for, if for any} */
    Optional<ClientCertificates> asked() {
        return handshake.asked();
    }

    /** {@return the subject of the certificate that the client has shown; null if it has shown none} To be called by the lane. */
    @Nullable
    String subject() {
        if (!sought) {
            subject = findSubject();
            sought = true;
        }
        return subject;
    }

    private @Nullable String findSubject() {
        try {
            return getSSLEngine().getSession().getPeerPrincipal() instanceof X500Principal principal
                    ? printable(principal.getName(X500Principal.RFC2253))
                    : null;
        } catch (SSLPeerUnverifiedException e) {
            return null;
        }
    }

    /** What would be no part of a header field is escaped as RFC 2253 (section 2.4) allows it for any. */
    private static String printable(String name) {
        StringBuilder printable = new StringBuilder(name.length());
        name.codePoints().forEach(c -> {
            if (c >= ' ' && c < 0x7F) {
                printable.append((char) c);
            } else {
                for (byte b : Character.toString(c).getBytes(StandardCharsets.UTF_8)) {
                    printable.append(String.format(Locale.ROOT, "\\%02X", b));
                }
            }
        });
        return printable.toString();
    }

    /** What is written to it is encrypted in one piece where that can be. */
    private final class Decrypted extends SslEndPoint {
        /** Nobody looks for the end of the connection behind that of TLS. */
        @Override
        public int fill(ByteBuffer buffer) throws IOException {
            int filled = super.fill(buffer);
            if (filled < 0 && Lanes.unwrapped(this) instanceof ClientEndPoint client) {
                client.isLost();
            }
            return filled;
        }

        @Override
        public void write(Callback callback, ByteBuffer... buffers) {
            super.write(GatheringWrite.of(this, callback), buffers);
        }

        @Override
        public boolean flush(ByteBuffer... buffers) throws IOException {
            ClientTlsConnection outer = FLUSHING.get(); // Closing writes a farewell, within the flush that has failed.
            FLUSHING.set(ClientTlsConnection.this);
            try {
                return super.flush(buffers);
            } finally {
                FLUSHING.set(outer);
            }
        }

        @Override
        public void onClose(@Nullable Throwable cause) {
            tell(() -> super.onClose(cause));
        }
    }
}
