package dev.gapless.proxy.jetty;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/**
 * A port of the loopback interface that belongs to one test until it is closed. It refuses connections while it does not
 * listen: no other server gets it meanwhile, which would answer what is to be refused.
 */
public final class ReservedPort implements Closeable {
    /** Has the port without listening. */
    private final Socket placeholder = new Socket();

    private final ServerSocket listener;
    private final CountDownLatch acceptsNoMore = new CountDownLatch(1);

    /** A port that refuses connections. */
    public ReservedPort() {
        try {
            listener = new ServerSocket();
            placeholder.setReuseAddress(true);
            placeholder.setOption(StandardSocketOptions.SO_REUSEPORT, true);
            placeholder.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int number() {
        return placeholder.getLocalPort();
    }

    public String address() {
        return "127.0.0.1:" + number();
    }

    /**
     * Takes connections from now on, on a thread of its own.
     *
     * @param backlog how many connections may wait to be taken
     * @param taken called with each; must not block
     */
    public void listen(int backlog, Consumer<Socket> taken) {
        try {
            listener.setOption(StandardSocketOptions.SO_REUSEPORT, true);
            listener.bind(placeholder.getLocalSocketAddress(), backlog);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread thread = new Thread(() -> accept(taken), "reserved-port");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept(Consumer<Socket> taken) {
        try {
            while (!listener.isClosed()) {
                taken.accept(listener.accept());
            }
        } catch (IOException e) {
            // It is closed.
        } finally {
            acceptsNoMore.countDown();
        }
    }

    /** Refuses new connections from now on, for good; those that were taken go on. */
    public void refuse() {
        boolean listens = listener.isBound();
        try {
            listener.close();
            if (listens) {
                // The kernel goes on taking connections for as long as a thread waits for one.
                acceptsNoMore.await();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Refuses new connections, and gives the port back. */
    @Override
    public void close() throws IOException {
        refuse();
        placeholder.close();
    }
}
