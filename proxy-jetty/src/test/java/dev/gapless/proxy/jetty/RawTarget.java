package dev.gapless.proxy.jetty;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/** A target that keeps each request as its bytes came and answers with the bytes it is told to. Probes of /up are healthy. */
final class RawTarget implements AutoCloseable {
    static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    /** A test that waits in vain for the proxy fails, though nothing can interrupt a thread that reads from a socket. */
    private static final int MAX_SILENCE_MILLIS = 120_000;

    /** Answers a request; the connection is kept unless this closes it. */
    interface Answer {
        void to(RawMessage request, Connection connection) throws IOException;
    }

    private final ReservedPort port = new ReservedPort();
    private final Answer answer;
    private final BlockingQueue<RawMessage> taken = new LinkedBlockingQueue<>();
    private final Set<Connection> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger used = new AtomicInteger();
    private volatile boolean readsWhole = true;

    private RawTarget(Answer answer) {
        this.answer = answer;
        port.listen(1024, this::take);
    }

    static RawTarget answering(String response) throws IOException {
        return answering((request, connection) -> connection.send(response));
    }

    static RawTarget answering(Answer answer) throws IOException {
        return new RawTarget(answer);
    }

    /** One whose answers wait for the test to let them go. */
    static RawTarget answeringAfter(CountDownLatch goOn, String response) throws IOException {
        return answering((request, connection) -> {
            awaitUninterrupted(goOn);
            connection.send(response);
        });
    }

    /** For answers, which may not throw what an interruption throws. */
    static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** One that is given the heads of requests and reads their bodies itself. */
    static RawTarget answeringHeads(Answer answer) throws IOException {
        RawTarget target = new RawTarget(answer);
        target.readsWhole = false;
        return target;
    }

    int port() {
        return port.number();
    }

    String address() {
        return port.address();
    }

    /** The next request it has got, probes apart. */
    RawMessage taken() throws InterruptedException {
        RawMessage request = taken.poll(20, TimeUnit.SECONDS);
        if (request == null) {
            throw new AssertionError("the target has got no request");
        }
        return request;
    }

    boolean hasTakenNone() {
        return taken.isEmpty();
    }

    /** How many connections are open now that have carried a request. */
    long openConnections() {
        return open.stream().filter(connection -> connection.carried).count();
    }

    /** How many connections have ever carried a request. */
    int usedConnections() {
        return used.get();
    }

    private void take(Socket socket) {
        try {
            Connection connection = new Connection(socket);
            open.add(connection);
            Thread thread = new Thread(connection::serve, "raw-target-connection");
            thread.setDaemon(true);
            thread.start();
        } catch (IOException e) {
            // The proxy has closed it already.
        }
    }

    /** Refuses new connections from now on, and closes those that are open. */
    void leave() throws IOException {
        port.refuse();
        closeConnections();
    }

    /** Stops to listen and closes each connection. */
    @Override
    public void close() throws IOException {
        port.close();
        closeConnections();
    }

    private void closeConnections() throws IOException {
        for (Connection connection : open) {
            connection.close();
        }
    }

    /** One connection of the proxy's. */
    final class Connection {
        final InputStream in;
        private final Socket socket;
        private final OutputStream out;
        private volatile boolean carried;

        Connection(Socket socket) throws IOException {
            this.socket = socket;
            socket.setSoTimeout(MAX_SILENCE_MILLIS);
            in = new BufferedInputStream(socket.getInputStream());
            out = socket.getOutputStream();
        }

        void send(String bytes) throws IOException {
            send(bytes.getBytes(ISO_8859_1));
        }

        void send(byte[] bytes) throws IOException {
            out.write(bytes);
        }

        /** Waits until the proxy has closed the connection. */
        boolean isLeft() throws IOException {
            try {
                return in.read() < 0;
            } catch (SocketException e) {
                return true; // Reset.
            }
        }

        void close() throws IOException {
            socket.close();
        }

        /** Sends no more, but still reads. */
        void finishSending() throws IOException {
            socket.shutdownOutput();
        }

        /** Closes the connection so that the proxy gets a reset. */
        void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }

        private void serve() {
            try (socket) {
                while (true) {
                    RawMessage request = readsWhole ? RawMessage.read(in) : RawMessage.readHead(in);
                    if (request == null) {
                        return;
                    }
                    take(request);
                }
            } catch (IOException e) {
                // The proxy has closed it, or the test has.
            } finally {
                open.remove(this);
            }
        }

        private void take(RawMessage request) throws IOException {
            if (request.requestTarget().equals("/up")) {
                send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                return;
            }
            if (!carried) {
                carried = true;
                used.incrementAndGet();
            }
            taken.add(request);
            answer.to(request, this);
        }
    }
}
