package dev.gapless.proxy.examples;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
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
    private static final long DRAIN_MILLIS = 5_000;
    private static final long HALF_MILLIS = DRAIN_MILLIS / 2;

    /** A close frame may wait for the end of the frame under way, and the machine is busy. */
    private static final long SLACK_MILLIS = 1_500;

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
                JavaProcess proxy = JavaProcess.start(
                        Map.of(), List.of("-Xmx512m"), DeployingProxy.class.getName(), String.valueOf(DRAIN_MILLIS))) {
            int port = Integer.parseInt(
                    proxy.awaitLine(line -> line.startsWith("port ")).substring(5));
            WebSocketClients clients = new WebSocketClients(clientLoop, port);
            WebSocketEchoTarget target = new WebSocketEchoTarget(targetLoop);
            deploy(proxy, 1, target);
            clients.open(webSockets());

            int[] closings = new int[SLICES];
            for (int i = 1; i <= DEPLOYMENTS; i++) {
                WebSocketEchoTarget replaced = target;
                target = new WebSocketEchoTarget(targetLoop);
                Deployed deployed = deploy(proxy, 1 + i, target);
                replaced.close();

                assertThat(clients.failures()).isEmpty();
                assertThat(deployed.cuts).as("cuts").isZero();
                addSpread(clients.takeClosings(), deployed.swappedAtMillis, closings);
                clients.awaitEchoOfEach();
                assertThat(replaced.failures()).isEmpty();
            }

            clients.leave();
            assertEven(closings);
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
     * Nearly all are told by the proxy, as a few leave by themselves. They are never told in one slice of the time, though a busy
     * machine may move many from one to the next.
     */
    private static void addSpread(List<Long> closings, long swappedAtMillis, int[] sums) {
        int[] slices = new int[SLICES];
        for (long closing : closings) {
            long after = closing - swappedAtMillis;
            assertThat(after).as("milliseconds from swap to close frame").isBetween(0L, HALF_MILLIS + SLACK_MILLIS);
            slices[(int) Math.min(SLICES - 1, after * SLICES / HALF_MILLIS)]++;
        }
        assertThat(closings.size()).as("close frames").isBetween(webSockets() * 3 / 4, webSockets());
        for (int i = 0; i < SLICES; i++) {
            assertThat(slices[i]).as("close frames in slice %d", i).isLessThan(closings.size() / 2);
            sums[i] += slices[i];
        }
    }

    private static void assertEven(int[] slices) {
        int share = IntStream.of(slices).sum() / SLICES;
        assertThat(IntStream.of(slices).boxed())
                .as("close frames in each slice")
                .allSatisfy(slice -> assertThat(slice).isBetween(share / 2, share * 2));
    }
}
