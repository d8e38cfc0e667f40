package dev.gapless.proxy.examples.benchmark;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.gapless.proxy.DeployEvent;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ProxyListener;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.jetty.ProxyServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** How long after the end of the last lease on the replaced targets {@code deploy} returns. */
record DrainLatency(Duration median, Duration worst) {
    private static final int UNCOUNTED = 20;
    private static final int TIMES = 100;

    static DrainLatency measure() throws IOException, InterruptedException {
        long[] nanos = new long[TIMES];
        try (Rig rig = new Rig()) {
            for (int i = 0; i < UNCOUNTED; i++) {
                rig.once();
            }
            for (int i = 0; i < TIMES; i++) {
                nanos[i] = rig.once();
            }
        }
        Arrays.sort(nanos);
        return new DrainLatency(Duration.ofNanos(nanos[TIMES / 2]), Duration.ofNanos(nanos[TIMES - 1]));
    }

    /** A proxy before a target that holds requests back until it is told to answer them. */
    private static final class Rig implements ProxyListener, AutoCloseable {
        private static final String HELD = "/held";
        private static final int PATIENCE_SECONDS = 10;

        private final BlockingQueue<HttpExchange> held = new LinkedBlockingQueue<>();
        private final BlockingQueue<DeployEvent> swaps = new LinkedBlockingQueue<>();
        private final BlockingQueue<Long> ends = new LinkedBlockingQueue<>();
        private final HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        private final HttpServer target;
        private final ProxyServer proxy;
        private final Deployment deployment;

        Rig() throws IOException {
            target = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            target.createContext("/", Rig::answer);
            target.createContext(HELD, held::add);
            target.start();
            proxy = ProxyServer.builder()
                    .bindAddress("127.0.0.1")
                    .httpPort(0)
                    .accessLog(false)
                    .listener(this)
                    .build()
                    .start();
            deployment =
                    Deployment.of("service", "127.0.0.1:" + target.getAddress().getPort());
            proxy.services().deploy(deployment);
            swaps.clear();
        }

        /** Replaces the target by itself while it holds a request, and then lets that go. */
        long once() throws IOException, InterruptedException {
            URI uri = URI.create("http://127.0.0.1:" + proxy.port() + HELD);
            CompletableFuture<HttpResponse<Void>> response =
                    client.sendAsync(HttpRequest.newBuilder(uri).build(), BodyHandlers.discarding());
            HttpExchange request = next(held, "the request");
            CompletableFuture<Long> returned = CompletableFuture.supplyAsync(() -> {
                proxy.services().deploy(deployment);
                return System.nanoTime();
            });
            next(swaps, "the swap");
            answer(request);
            long ended = next(ends, "the end of the request");
            response.join();
            return Math.max(0, returned.join() - ended);
        }

        @Override
        public void onDeployment(String service, DeployEvent event) {
            if (event instanceof DeployEvent.Swapped) {
                swaps.add(event);
            }
        }

        @Override
        public void onRequest(RequestSummary request) {
            ends.add(System.nanoTime());
        }

        @Override
        public void close() {
            proxy.close();
            target.stop(0);
        }

        private static void answer(HttpExchange exchange) throws IOException {
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        }

        private static <T> T next(BlockingQueue<T> queue, String what) throws IOException, InterruptedException {
            T next = queue.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (next == null) {
                throw new IOException(what + " did not come within " + PATIENCE_SECONDS + " s");
            }
            return next;
        }
    }
}
