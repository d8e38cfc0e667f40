package dev.gapless.proxy.jetty;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.CacheOptions;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.spi.TimeSource;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;

import static org.assertj.core.api.Assertions.assertThat;

/** A proxy with one cached service, whose clock for that is the test's; at the end of each test nothing is left of its requests. */
abstract class CacheScaffold extends ProxyScaffold {
    final Calendar time = new Calendar();
    final AtomicInteger asked = new AtomicInteger();

    /** A clock that stands still until the test moves it. */
    static final class Calendar implements TimeSource {
        private volatile Instant now = Instant.parse("2026-01-01T00:00:00Z");

        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public Instant now() {
            return now;
        }

        synchronized void advance(Duration by) {
            now = now.plus(by);
        }
    }

    static ServiceOptions.Builder cached() {
        return cached(CacheOptions.defaults());
    }

    static ServiceOptions.Builder cached(CacheOptions cache) {
        return ServiceOptions.builder().cache(cache);
    }

    /** Bodies go on as they come, and so do their ends. */
    static ServiceOptions cachedAndStreamed() {
        return cached().bodies(BodyOptions.builder()
                        .requestBuffering(Buffering.OFF)
                        .responseBuffering(Buffering.OFF)
                        .build())
                .build();
    }

    ProxyServer.Builder caching() {
        ProxyServer.Builder builder = loopback();
        builder.cacheTime = time;
        return builder;
    }

    /** Counts what the target is asked. */
    RawTarget counting(RawTarget.Answer answer) throws IOException {
        return RawTarget.answering((request, connection) -> {
            asked.incrementAndGet();
            answer.to(request, connection);
        });
    }

    RawTarget counting(String response) throws IOException {
        return counting((request, connection) -> connection.send(response));
    }

    RawTarget serveCached(RawTarget target) {
        return serveCached(target, cached().build());
    }

    RawTarget serveCached(RawTarget target, ServiceOptions options) {
        proxy = proxy == null ? start(caching()) : proxy;
        return serve(target, options);
    }

    static String fresh(String body, String... fields) {
        return response(200, body, fields(fields, "Cache-Control: max-age=60"));
    }

    static String response(int status, String body, String... fields) {
        StringBuilder text = new StringBuilder("HTTP/1.1 " + status + " X\r\n");
        for (String field : fields) {
            text.append(field).append("\r\n");
        }
        return text.append("Content-Length: ")
                .append(body.length())
                .append("\r\n\r\n")
                .append(body)
                .toString();
    }

    private static String[] fields(String[] some, String more) {
        String[] all = new String[some.length + 1];
        System.arraycopy(some, 0, all, 0, some.length);
        all[some.length] = more;
        return all;
    }

    Caching state() {
        return proxy.assembly.caching();
    }

    void waitUntilSomeWait(int count) {
        eventually(count + " requests that wait", () -> state().cache().waiting() == count);
    }

    void idle() {
        eventually("no request in flight", () -> requestsInFlight() == 0);
        eventually("no bytes of fills", () -> state().cache().fillBytes() == 0);
        eventually("nobody waiting", () -> state().cache().waiting() == 0);
        eventually("no revalidation", () -> state().revalidations() == 0);
    }

    static void await(CountDownLatch latch) throws InterruptedException {
        assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @AfterEach
    void nothingIsLeft() {
        if (proxy != null) {
            idle();
        }
    }
}
