package dev.gapless.proxy.jetty;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.ServiceOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * One service, deployed again and again while clients never cease to ask: for small pages, for slow ones, and with uploads,
 * over HTTP/1.1 and HTTP/2. Each replaced target is shut down as soon as its deployment has returned.
 */
final class DeploymentsUnderLoad implements AutoCloseable {
    private static final byte[] UPLOAD = new byte[200_000];
    private static final Duration SLOW = Duration.ofMillis(50);
    /** What is asked for, times the versions of the protocol. */
    private static final int KINDS = 6;

    private final ProxyServer proxy;
    private final AtomicBoolean over = new AtomicBoolean();
    private final ExecutorService clients = Executors.newCachedThreadPool();
    private final ExecutorService targetThreads = Executors.newCachedThreadPool();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final Map<String, LongAdder> answered = new ConcurrentHashMap<>();
    private final Targets targets;
    private final ServiceOptions options;
    private Served target;

    /** Where a version of the service is served. */
    interface Served {
        String address();

        void stop();
    }

    /** Starts versions of the service: /up and /small answer at once, /slow after a while, /upload with the length. */
    interface Targets {
        Served next() throws Exception;
    }

    DeploymentsUnderLoad(ProxyServer proxy) throws Exception {
        this(proxy, null, ServiceOptions.defaults());
    }

    /** Of targets that speak something else than HTTP/1.1 in clear text. */
    DeploymentsUnderLoad(ProxyServer proxy, Targets targets, ServiceOptions options) throws Exception {
        this.proxy = proxy;
        this.targets = targets == null ? this::newTarget : targets;
        this.options = options;
        target = this.targets.next();
        deploy(target);
    }

    /** Starts clients of each kind. */
    void startLoad(int clientsOfEachKind) {
        for (HttpClient.Version version : HttpClient.Version.values()) {
            for (int i = 0; i < clientsOfEachKind; i++) {
                clients.execute(
                        () -> ask(version, "small", request("/small").GET().build(), 5));
                clients.execute(
                        () -> ask(version, "slow", request("/slow").GET().build(), 4));
                clients.execute(() -> ask(
                        version,
                        "upload",
                        request("/upload")
                                .POST(BodyPublishers.ofByteArray(UPLOAD))
                                .build(),
                        String.valueOf(UPLOAD.length).length()));
            }
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + proxy.port() + path))
                .timeout(Duration.ofSeconds(20));
    }

    private void ask(HttpClient.Version version, String kind, HttpRequest request, int expectedLength) {
        HttpClient client = HttpClient.newBuilder().version(version).build();
        LongAdder count = answered.computeIfAbsent(kind + " " + version, name -> new LongAdder());
        while (!over.get()) {
            try {
                HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
                if (response.statusCode() != 200 || response.body().length() != expectedLength) {
                    failures.add(kind + " " + version + ": " + response.statusCode() + " " + response.body());
                }
                count.increment();
            } catch (IOException e) {
                failures.add(kind + " " + version + ": " + e);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** Deploys as often as told, each time to clients in the middle of their work. */
    void deploy(int times) throws Exception {
        for (int i = 0; i < times; i++) {
            awaitAnswersOfEachKind();
            Served replaced = target;
            target = targets.next();
            deploy(target);
            replaced.stop();
        }
    }

    private void awaitAnswersOfEachKind() {
        Map<String, Long> before = new HashMap<>();
        answered.forEach((kind, count) -> before.put(kind, count.sum()));
        ProxyScaffold.eventually(
                "an answer of each kind",
                () -> answered.size() == KINDS
                        && answered.entrySet().stream()
                                .allMatch(kind -> kind.getValue().sum() > before.getOrDefault(kind.getKey(), 0L)));
    }

    private void deploy(Served next) {
        proxy.services()
                .deploy(Deployment.builder("app")
                        .target(next.address())
                        .options(options)
                        .build());
    }

    private Served newTarget() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1024);
        server.setExecutor(targetThreads);
        server.createContext("/up", exchange -> answer(exchange, ""));
        server.createContext("/small", exchange -> answer(exchange, "small"));
        server.createContext("/slow", exchange -> {
            beSlow();
            answer(exchange, "slow");
        });
        server.createContext("/upload", exchange -> {
            long length = exchange.getRequestBody().transferTo(java.io.OutputStream.nullOutputStream());
            answer(exchange, String.valueOf(length));
        });
        server.start();
        return new Served() {
            @Override
            public String address() {
                return "127.0.0.1:" + server.getAddress().getPort();
            }

            @Override
            public void stop() {
                server.stop(0);
            }
        };
    }

    static void beSlow() {
        LockSupport.parkNanos(SLOW.toNanos());
    }

    private static void answer(HttpExchange exchange, String body) throws IOException {
        try (exchange) {
            exchange.sendResponseHeaders(200, body.isEmpty() ? -1 : body.length());
            exchange.getResponseBody().write(body.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        }
    }

    /** Ends the load and looks at what came of it. */
    void assertNoRequestFailed(long leastOfEachKind) throws InterruptedException {
        over.set(true);
        clients.shutdown();
        assertThat(clients.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        assertThat(failures).isEmpty();
        assertThat(answered).hasSize(KINDS);
        assertThat(answered.values())
                .allSatisfy(count -> assertThat(count.sum()).isGreaterThan(leastOfEachKind));
    }

    long answered() {
        return answered.values().stream().mapToLong(LongAdder::sum).sum();
    }

    List<String> counts() {
        return answered.entrySet().stream()
                .map(entry -> entry.getKey() + " " + entry.getValue())
                .sorted()
                .toList();
    }

    @Override
    public void close() {
        over.set(true);
        clients.shutdownNow();
        target.stop();
        targetThreads.shutdownNow();
    }
}
