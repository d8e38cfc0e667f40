package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.net.SocketAddress;
import java.util.Map;
import java.util.Objects;
import org.eclipse.jetty.client.Destination;
import org.eclipse.jetty.client.transport.HttpDestination;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.Transport;
import org.eclipse.jetty.util.Promise;

/** The way to a target in this process: each connection is a {@link MemoryPipe}. Equal if the target is. */
record InProcessTransport(String name, InProcessTargets targets, Lanes lanes) implements Transport {
    @Override
    public void connect(SocketAddress address, Map<String, Object> context) {
        // Its first request is sent at once, and so by the lane that will get the answer.
        int lane = Math.max(0, Lanes.laneOf(context));
        lanes.execute(lane, () -> open(lane, context));
    }

    private void open(int lane, Map<String, Object> context) {
        @SuppressWarnings("unchecked")
        Promise<Connection> promise = (Promise<Connection>)
                Objects.requireNonNull(context.get(ClientConnector.CONNECTION_PROMISE_CONTEXT_KEY));
        if (context.get(Destination.CONTEXT_KEY) instanceof HttpDestination destination && !destination.isRunning()) {
            promise.failed(new IOException("the target has retired"));
            return;
        }
        try {
            MemoryPipe.ClientEnd end = targets.connect(name, lane, lanes);
            Connection connection = newConnection(end, context);
            end.setConnection(connection);
            end.onOpen();
            connection.onOpen();
            promise.succeeded(connection);
        } catch (IOException | RuntimeException | Error e) {
            promise.failed(e);
        }
    }
}
