package dev.gapless.proxy.examples;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A target in this JVM that answers with its name and the path it was asked for; {@code /held} only once released, {@code /fresh}
 * for a minute.
 */
public final class TestTarget implements AutoCloseable {
    private final String name;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Queue<HttpExchange> requests = new ConcurrentLinkedQueue<>();
    private final CountDownLatch held = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);
    private volatile int healthStatus = 200;

    public TestTarget(String name) throws IOException {
        this.name = name;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().toString();
        if (path.equals("/up")) {
            exchange.sendResponseHeaders(healthStatus, -1);
        } else {
            requests.add(exchange);
            if (path.equals("/held")) {
                held.countDown();
                awaitRelease();
            }
            if (path.startsWith("/fresh")) {
                exchange.getResponseHeaders().add("Cache-Control", "max-age=60");
            }
            byte[] body = (name + " " + path).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        }
        exchange.close();
    }

    private void awaitRelease() {
        try {
            released.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    public String address() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    public TestTarget unhealthy() {
        healthStatus = 503;
        return this;
    }

    /** Waits until a request for {@code /held} is here. */
    public void awaitHeld() throws InterruptedException {
        held.await();
    }

    public void release() {
        released.countDown();
    }

    /** Returns how many requests have come, for health apart. */
    public int requests() {
        return requests.size();
    }

    /** Returns a header of the last request. */
    public String lastHeader(String header) {
        return requests.stream()
                .reduce((first, second) -> second)
                .map(exchange -> String.valueOf(exchange.getRequestHeaders().getFirst(header)))
                .orElse("no request");
    }

    @Override
    public void close() {
        release();
        server.stop(0);
        threads.shutdownNow();
    }
}
