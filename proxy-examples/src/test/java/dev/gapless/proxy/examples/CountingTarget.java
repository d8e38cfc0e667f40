package dev.gapless.proxy.examples;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import static java.nio.charset.StandardCharsets.US_ASCII;

/** A target that works a moment on each request, answers with its path, and knows how many it has had at once. */
final class CountingTarget implements AutoCloseable {
    private static final long WORK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private final ServerSocket server;
    private final Queue<String> paths = new ConcurrentLinkedQueue<>();
    private final AtomicInteger present = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();

    CountingTarget() throws IOException {
        server = new ServerSocket(0, 1024, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
        start(this::accept);
    }

    String address() {
        return "127.0.0.1:" + server.getLocalPort();
    }

    /** The paths of all requests but probes, in the order in which they came. */
    Queue<String> paths() {
        return paths;
    }

    int mostAtOnce() {
        return most.get();
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "counting-target");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                start(() -> serve(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII));
            for (String path = readPath(in); path != null; path = readPath(in)) {
                if (!path.equals("/up")) {
                    work(path);
                }
                answer(path, socket.getOutputStream());
            }
        } catch (IOException e) {
            // The proxy has closed it.
        }
    }

    private static String readPath(BufferedReader in) throws IOException {
        String first = in.readLine();
        for (String line = first; line != null && !line.isEmpty(); line = in.readLine()) {
            // The rest of the head.
        }
        return first == null ? null : first.split(" ", 3)[1];
    }

    /** The request is over before it is answered, as the next one may come as soon as the answer has. */
    private void work(String path) {
        most.accumulateAndGet(present.incrementAndGet(), Math::max);
        paths.add(path);
        LockSupport.parkNanos(WORK_NANOS);
        present.decrementAndGet();
    }

    private static void answer(String path, OutputStream out) throws IOException {
        out.write(("HTTP/1.1 200 OK\r\nContent-Length: " + path.length() + "\r\n\r\n" + path).getBytes(US_ASCII));
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
