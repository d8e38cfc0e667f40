package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.BufferUtil;

/** Nothing is spoken within: the handshake is all that an authority wants to see (RFC 8737, section 3). */
final class ProofConnection extends AbstractConnection {
    ProofConnection(EndPoint endPoint, Executor executor) {
        super(endPoint, executor);
    }

    @Override
    public void onOpen() {
        super.onOpen();
        fillInterested();
    }

    @Override
    public void onFillable() {
        ByteBuffer unwanted = BufferUtil.allocate(getInputBufferSize());
        try {
            if (getEndPoint().fill(unwanted) == 0) {
                fillInterested();
            } else {
                getEndPoint().close();
            }
        } catch (IOException e) {
            getEndPoint().close(e);
        }
    }
}
