package dev.gapless.proxy.examples.demo;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Phaser;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** Senders of requests, each with one in flight at a time, that check every answer. */
final class Load {
    private static final int MAX_UPLOAD_BYTES = 256 * 1024;
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    /** A client has one HTTP/2 connection, and a connection takes 128 requests at a time. */
    private static final int SENDERS_PER_CLIENT = 50;

    private final Versions versions;
    private final Results results;
    private final ScheduledExecutorService pauses = Executors.newSingleThreadScheduledExecutor(Load::daemonThread);
    private final Phaser senders = new Phaser(1);
    private final AtomicInteger inFlight = new AtomicInteger();
    private final List<HttpClient> clients = new ArrayList<>();
    private volatile boolean stopping;

    Load(Versions versions, Results results) {
        this.versions = versions;
        this.results = results;
    }

    /** Must run before the first use of the JDK's client, which would hide a lost connection by sending again. */
    static void forbidHiddenRetries() {
        System.setProperty("jdk.httpclient.redirects.retrylimit", "1");
        System.setProperty("jdk.httpclient.disableRetryConnect", "true");
    }

    void start(HttpClient.Version protocol, URI base, SSLContext trust) {
        for (Kind kind : Kind.values()) {
            HttpClient client = newClient(protocol, trust);
            for (int i = 0; i < kind.senders; i++) {
                if (i % SENDERS_PER_CLIENT == SENDERS_PER_CLIENT - 1) {
                    client = newClient(protocol, trust);
                }
                Sender sender = new Sender(new Results.Key(kind, protocol), base.resolve(kind.path), client);
                senders.register();
                sender.pause();
            }
        }
    }

    private HttpClient newClient(HttpClient.Version protocol, SSLContext trust) {
        HttpClient client = HttpClient.newBuilder()
                .version(protocol)
                .sslContext(trust)
                .connectTimeout(TIMEOUT)
                .build();
        clients.add(client);
        return client;
    }

    int inFlight() {
        return inFlight.get();
    }

    /** Returns once every request sent has ended. */
    void stop() {
        stopping = true;
        senders.arriveAndAwaitAdvance();
        pauses.shutdown();
    }

    private final class Sender {
        private final Results.Key key;
        private final URI uri;
        private final HttpClient client;

        Sender(Results.Key key, URI uri, HttpClient client) {
            this.key = key;
            this.uri = uri;
            this.client = client;
        }

        private void pause() {
            // Spread, lest all senders of a kind march in step.
            long mean = key.kind().pause.toNanos();
            long nanos = ThreadLocalRandom.current().nextLong(mean / 2, mean * 3 / 2);
            pauses.schedule(this::send, nanos, TimeUnit.NANOSECONDS);
        }

        private void send() {
            if (stopping) {
                senders.arriveAndDeregister();
                return;
            }
            int bytes = ThreadLocalRandom.current().nextInt(1, MAX_UPLOAD_BYTES);
            HttpRequest.Builder request = HttpRequest.newBuilder(uri).timeout(TIMEOUT);
            if (key.kind() == Kind.UPLOAD) {
                request.POST(BodyPublishers.ofByteArray(new byte[bytes]));
            }
            int begun = versions.now();
            long start = System.nanoTime();
            inFlight.incrementAndGet();
            client.sendAsync(request.build(), BodyHandlers.ofString()).whenComplete((response, failure) -> {
                inFlight.decrementAndGet();
                String problem = failure == null ? problem(response, begun, bytes) : failure.toString();
                if (problem == null) {
                    results.succeeded(key, Duration.ofNanos(System.nanoTime() - start));
                } else {
                    results.failed(key, problem);
                }
                pause();
            });
        }

        private @Nullable String problem(HttpResponse<String> response, int begun, int bytes) {
            if (response.statusCode() != 200) {
                return "status " + response.statusCode();
            }
            if (response.version() != key.protocol()) {
                return "answered over " + response.version();
            }
            String[] words = response.body().split(" ", -1);
            if (!versions.mayAnswer(begun, words[0])) {
                return "unexpected answer of " + words[0];
            }
            boolean counts = key.kind() == Kind.UPLOAD;
            String count = words.length == 2 ? words[1] : "";
            return count.equals(counts ? String.valueOf(bytes) : "") ? null : "unexpected body " + response.body();
        }
    }

    private static Thread daemonThread(Runnable task) {
        Thread thread = new Thread(task, "demo-pauses");
        thread.setDaemon(true);
        return thread;
    }
}
