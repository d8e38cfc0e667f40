package dev.gapless.proxy.jetty.load;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** One version of a small application: {@code /up}, {@code /short}, {@code /slow} (50 ms) and {@code /upload} (its length). */
final class Application implements AutoCloseable {
    private static final long SLOW_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "application");
        thread.setDaemon(true);
        return thread;
    });

    Application() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1000);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    String address() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            if (path.equals("/slow")) {
                work();
            }
            long received;
            try (InputStream body = exchange.getRequestBody()) {
                received = body.transferTo(OutputStream.nullOutputStream());
            }
            byte[] answer = Long.toString(received).getBytes(StandardCharsets.US_ASCII);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
        }
    }

    /** What a slow request does; nothing waits for this but its client. */
    private static void work() {
        long end = System.nanoTime() + SLOW_NANOS;
        for (long left = SLOW_NANOS; left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    /** Ends at once, as a container does that is stopped after the deployment has returned. */
    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
