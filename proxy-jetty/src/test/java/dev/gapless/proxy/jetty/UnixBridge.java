package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** A Unix domain socket in front of a target that listens on a port. */
final class UnixBridge implements DeploymentsUnderLoad.Served {
    private final Path path;
    private final JettyTarget target;
    private final ServerSocketChannel server;

    UnixBridge(Path path, JettyTarget target) throws IOException {
        this.path = path;
        this.target = target;
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(path), 1024);
        start(this::accept);
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "unix-bridge");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public String address() {
        return "unix:" + path;
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel near = server.accept();
                SocketChannel far =
                        SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), target.port()));
                start(() -> pass(near, far));
                start(() -> pass(far, near));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private static void pass(SocketChannel from, SocketChannel to) {
        ByteBuffer buffer = ByteBuffer.allocate(65536);
        try (from;
                to) {
            while (from.read(buffer) >= 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    to.write(buffer);
                }
                buffer.clear();
            }
        } catch (IOException e) {
            // One side is gone, and so is the other.
        }
    }

    @Override
    public void stop() {
        try {
            server.close();
            target.close();
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
