package dev.gapless.proxy.examples.daemon;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.gapless.proxy.ProxyListener;
import dev.gapless.proxy.Services;
import dev.gapless.proxy.metrics.ProxyMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Serves metrics to Prometheus at {@code /metrics}, on a port and threads of its own. */
final class MetricsServer implements AutoCloseable {
    private static final String PATH = "/metrics";
    /** The format of a scrape: see Prometheus's "Exposition formats". */
    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";

    private static final int THREADS = 4;
    private static final int BACKLOG = 64;

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final ProxyMetrics metrics = ProxyMetrics.builder(registry).build();
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS, MetricsServer::daemonThread);
    private final HttpServer server;

    private MetricsServer(HttpServer server) {
        this.server = server;
        server.setExecutor(threads);
        server.createContext("/", this::answer);
    }

    /** Takes the port, or throws a {@link CommandFailure} if it cannot be had; nothing is answered yet. */
    static MetricsServer bind(InetSocketAddress address) {
        limitPatience();
        try {
            return new MetricsServer(HttpServer.create(address, BACKLOG));
        } catch (IOException e) {
            throw new CommandFailure("metrics cannot be served on " + address.getHostString() + ":" + address.getPort()
                    + ": " + e.getMessage());
        }
    }

    /** Seconds that a client may take for its request and for its response: by default a silent one keeps a thread for ever. */
    private static void limitPatience() {
        System.setProperty("sun.net.httpserver.maxReqTime", "10");
        System.setProperty("sun.net.httpserver.maxRspTime", "60");
    }

    ProxyListener listener() {
        return metrics;
    }

    void serve(Services services) {
        metrics.bindTo(services);
        server.start();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String method = exchange.getRequestMethod();
            if (!exchange.getRequestURI().getPath().equals(PATH)) {
                exchange.sendResponseHeaders(404, -1);
            } else if (method.equals("GET")) {
                byte[] text = registry.scrape(TEXT).getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().set("Content-Type", TEXT);
                exchange.sendResponseHeaders(200, text.length);
                exchange.getResponseBody().write(text);
            } else if (method.equals("HEAD")) {
                exchange.getResponseHeaders().set("Content-Type", TEXT);
                exchange.sendResponseHeaders(200, -1);
            } else {
                exchange.getResponseHeaders().set("Allow", "GET, HEAD");
                exchange.sendResponseHeaders(405, -1);
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdown();
    }

    private static Thread daemonThread(Runnable task) {
        Thread thread = new Thread(task, "gapless-metrics");
        thread.setDaemon(true);
        return thread;
    }
}
