package dev.gapless.proxy.examples;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.eclipse.jetty.http2.api.Session;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Twenty thousand requests, held by a proxy with a heap of 512 MiB and fewer than 64 threads, are released in order and so
 * many at once as was said. Half of them come on a connection each, as far as file descriptors go, and the others as streams
 * of HTTP/2 connections.
 */
@Tag("proof")
class TwentyThousandHeldTest {
    private static final int REQUESTS = 20_000;
    private static final int AT_ONCE = 64;
    private static final int MAX_CONNECTIONS = 10_000;
    private static final int STREAMS = 100;
    private static final int FEWER_THREADS = 64;

    /** What either process needs for other things than connections with one request. */
    private static final int SPARE_DESCRIPTORS = 1_200;

    @Test
    void twentyThousandHeldRequestsAreReleasedInOrderAndSoManyAtOnce() throws Exception {
        int plain = plainConnections();
        int connections = (REQUESTS - plain) / STREAMS;
        try (CountingTarget target = new CountingTarget();
                JavaProcess proxy = JavaProcess.start(
                        Map.of(),
                        List.of("-Xmx512m"),
                        PausedProxy.class.getName(),
                        target.address(),
                        String.valueOf(REQUESTS),
                        String.valueOf(AT_ONCE));
                PlainClients plainClients = new PlainClients();
                Http2Clients http2Clients = new Http2Clients()) {
            int port = Integer.parseInt(
                    proxy.awaitLine(line -> line.startsWith("port ")).substring(5));
            for (int i = 0; i < plain; i++) {
                plainClients.send(port, "/plain/" + i);
            }
            for (int i = 0; i < connections; i++) {
                Session session = http2Clients.connect(port);
                for (int j = 0; j < STREAMS; j++) {
                    http2Clients.send(session, "/" + i + "/" + j);
                }
            }
            proxy.type("await " + (plain + connections * STREAMS) + "\n");
            proxy.awaitLine(line -> line.startsWith("held "));
            assertThat(target.paths()).isEmpty();

            proxy.type("resume\n");

            assertThat(plainClients.awaitAnswers()).isEqualTo(plain);
            assertThat(http2Clients.awaitAnswers()).isEqualTo(connections * STREAMS);
            proxy.type("threads\n");
            String threads = proxy.awaitLine(line -> line.startsWith("threads "));
            assertThat(Integer.parseInt(threads.substring(8))).isLessThan(FEWER_THREADS);
            assertThat(target.mostAtOnce()).isBetween(2, AT_ONCE);
            assertThat(target.paths()).hasSize(plain + connections * STREAMS);
            assertInOrder(target.paths());
        }
    }

    private static int plainConnections() {
        long descriptors = ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? unix.getMaxFileDescriptorCount()
                : Integer.MAX_VALUE;
        long connections = Math.max(0, Math.min(MAX_CONNECTIONS, descriptors - SPARE_DESCRIPTORS));
        return (int) (connections / STREAMS * STREAMS);
    }

    /**
     * Those that are under way at once reach the target on connections of their own, and so may overtake each other there;
     * none overtakes more than that.
     */
    private static void assertInOrder(Iterable<String> paths) {
        Map<String, TreeSet<Integer>> early = new HashMap<>();
        Map<String, Integer> next = new HashMap<>();
        for (String path : paths) {
            String[] parts = path.split("/", 3);
            if (parts[1].equals("plain")) {
                continue;
            }
            TreeSet<Integer> ahead = early.computeIfAbsent(parts[1], connection -> new TreeSet<>());
            ahead.add(Integer.parseInt(parts[2]));
            while (ahead.remove(next.getOrDefault(parts[1], 0))) {
                next.merge(parts[1], 1, Integer::sum);
            }
            int missing = ahead.isEmpty() ? 0 : ahead.last() - next.getOrDefault(parts[1], 0) - ahead.size() + 1;
            assertThat(missing).as("requests that %s has overtaken", path).isLessThan(AT_ONCE);
        }
    }
}
