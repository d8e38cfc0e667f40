package dev.gapless.proxy.jetty;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/** A target that listens on a Unix domain socket and says how long a request was. Probes of /up are healthy. */
final class UnixTarget implements AutoCloseable {
    private final Path path;
    private final ServerSocketChannel server;
    private final BlockingQueue<RawMessage> taken = new LinkedBlockingQueue<>();
    private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger used = new AtomicInteger();

    UnixTarget(Path path) throws IOException {
        this.path = path;
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(path));
        start(this::accept);
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "unix-target");
        thread.setDaemon(true);
        thread.start();
    }

    String address() {
        return "unix:" + path;
    }

    /** The next request it has got, probes apart. */
    RawMessage taken() throws InterruptedException {
        RawMessage request = taken.poll(20, TimeUnit.SECONDS);
        if (request == null) {
            throw new AssertionError("the target has got no request");
        }
        return request;
    }

    int openConnections() {
        return open.size();
    }

    /** How many connections have ever carried a request. */
    int usedConnections() {
        return used.get();
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel connection = server.accept();
                open.add(connection);
                start(() -> serve(connection));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void serve(SocketChannel connection) {
        boolean carried = false;
        try (connection) {
            InputStream in = new BufferedInputStream(Channels.newInputStream(connection));
            for (RawMessage request = RawMessage.read(in); request != null; request = RawMessage.read(in)) {
                if (!request.requestTarget().equals("/up")) {
                    taken.add(request);
                    used.addAndGet(carried ? 0 : 1);
                    carried = true;
                }
                String text = "got " + request.body().length;
                Channels.newOutputStream(connection)
                        .write(("HTTP/1.1 200 OK\r\nContent-Length: " + text.length() + "\r\n\r\n" + text)
                                .getBytes(ISO_8859_1));
            }
        } catch (IOException e) {
            // The proxy has closed it, or the test has.
        } finally {
            open.remove(connection);
        }
    }

    /** Stops to listen, closes each connection and takes the socket away. */
    @Override
    public void close() throws IOException {
        server.close();
        for (SocketChannel connection : open) {
            connection.close();
        }
        Files.deleteIfExists(path);
    }
}
