package dev.gapless.proxy.examples;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * While five thousand WebSockets echo (fewer where file descriptors are few), their service is deployed ten times, and each
 * replaced target is gone as soon as its deployment has returned. Every WebSocket gets a close frame between two frames, at its
 * own time in the first half of the drain, and ends in good order; its client is back at once.
 */
@Tag("proof")
class FiveThousandWebSocketsTest {
    private static final int WEB_SOCKETS = 5_000;
    private static final int DEPLOYMENTS = 10;
    private static final long DRAIN_MILLIS = 8_000;
    private static final long HALF_MILLIS = DRAIN_MILLIS / 2;

    private static final int SLICES = 8;
    private static final int FEWER_THREADS = 64;

    /** Either process has two ends of each WebSocket. */
    private static final int DESCRIPTORS_EACH = 2;

    /** What either process needs for other things, and for connections that are about to end. */
    private static final int SPARE_DESCRIPTORS = 1_200;

    @Test
    void eachWebSocketOfADeployedServiceIsClosedInGoodOrderAtItsOwnTime() throws Exception {
        try (EventLoop clientLoop = new EventLoop("clients");
                EventLoop targetLoop = new EventLoop("targets");
                JavaProcess proxy = JavaProcess.startForLoad(
                        List.of("-Xmx512m"), DeployingProxy.class.getName(), String.valueOf(DRAIN_MILLIS))) {
            int port = Integer.parseInt(
                    proxy.awaitLine(line -> line.startsWith("port ")).substring(5));
            WebSocketClients clients = new WebSocketClients(clientLoop, port);
            WebSocketEchoTarget target = new WebSocketEchoTarget(targetLoop);
            deploy(proxy, 1, target);
            clients.open(webSockets());

            List<int[]> closings = new ArrayList<>();
            for (int i = 1; i <= DEPLOYMENTS; i++) {
                WebSocketEchoTarget replaced = target;
                target = new WebSocketEchoTarget(targetLoop);
                Deployed deployed = deploy(proxy, 1 + i, target);
                replaced.close();

                assertThat(clients.failures()).isEmpty();
                assertThat(deployed.cuts).as("cuts").isZero();
                closings.add(slices(clients.takeClosings(), deployed.swappedAtMillis));
                clients.awaitEchoOfEach();
                assertThat(replaced.failures()).isEmpty();
            }

            clients.leave();
            assertSpread(closings);
            assertThat(clients.failures()).isEmpty();
            assertThat(target.failures()).isEmpty();
            assertThat(clients.toldAfterWait())
                    .as("clients that were told after the end of a frame under way")
                    .isGreaterThan(webSockets() * DEPLOYMENTS / 100);
            proxy.type("idle\n");
            proxy.awaitLine("idle"::equals);
            proxy.type("threads\n");
            String threads = proxy.awaitLine(line -> line.startsWith("threads "));
            assertThat(Integer.parseInt(threads.substring(8))).isLessThan(FEWER_THREADS);
        }
    }

    private static int webSockets() {
        long descriptors = ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? unix.getMaxFileDescriptorCount()
                : Integer.MAX_VALUE;
        return (int) Math.min(WEB_SOCKETS, (descriptors - SPARE_DESCRIPTORS) / DESCRIPTORS_EACH);
    }

    private record Deployed(long swappedAtMillis, int cuts) {}

    private static Deployed deploy(JavaProcess proxy, int generation, WebSocketEchoTarget target) throws Exception {
        proxy.type("deploy " + target.address() + "\n");
        String[] words = proxy.awaitLine(line -> line.startsWith("deployed " + generation + " "))
                .split(" ", 4);
        return new Deployed(Long.parseLong(words[2]), Integer.parseInt(words[3]));
    }

    /**
     * How many were told in each slice of the drain's first half; in the last one are those, too, whose frame under way ended
     * later. Nearly all are told by the proxy, as a few leave by themselves.
     */
    private static int[] slices(List<Long> closings, long swappedAtMillis) {
        assertThat(closings.size()).as("close frames").isBetween(webSockets() * 3 / 4, webSockets());
        int[] slices = new int[SLICES];
        for (long closing : closings) {
            long after = closing - swappedAtMillis;
            assertThat(after).as("milliseconds from swap to close frame").isBetween(0L, DRAIN_MILLIS);
            slices[(int) Math.min(SLICES - 1, after * SLICES / HALF_MILLIS)]++;
        }
        return slices;
    }

    /**
     * Of the deployments the middle one counts, slice by slice, as a pause of the machine moves many closings to a later slice; and
     * a slow machine puts more into the last one. A herd would be all in one.
     */
    private static void assertSpread(List<int[]> closings) {
        int share = closings.stream().flatMapToInt(IntStream::of).sum() / closings.size() / SLICES;
        for (int i = 0; i < SLICES; i++) {
            int slice = i;
            int[] sorted =
                    closings.stream().mapToInt(each -> each[slice]).sorted().toArray();
            assertThat(sorted[sorted.length / 2])
                    .as("close frames in slice %d, of %d", slice, share)
                    .isBetween(share / 4, share * 4);
        }
    }
}
