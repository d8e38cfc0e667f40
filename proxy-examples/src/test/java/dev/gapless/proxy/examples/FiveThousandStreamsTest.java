package dev.gapless.proxy.examples;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Five thousand silent event streams, half of them on connections of their own and half on HTTP/2 connections, cost a proxy with
 * a heap of 256 MiB fewer than 64 threads in all, and a bounded amount of memory each. They live for longer than clients may be
 * idle, all of them get an event at once, who leaves is noticed within a second, and a deployment cuts them only when its drain is
 * over.
 */
@Tag("proof")
class FiveThousandStreamsTest {
    private static final int STREAMS = 5_000;
    private static final int PER_CONNECTION = 100;
    private static final int LEAVING = 50;
    private static final int FEWER_THREADS = 64;
    private static final long IDLE_MILLIS = 2_000;
    private static final long DRAIN_MILLIS = 8_000;

    /** For each stream, on the heap after a collection and outside of it; what the systems keep is not counted. */
    private static final long BOUND_BYTES = 16 * 1024;

    /** What either process needs for other things than streams. */
    private static final int SPARE_DESCRIPTORS = 1_200;

    private EventTarget target;
    private EventTarget next;
    private EventClients clients;
    private JavaProcess proxy;
    private int port;
    private long memoryBefore;
    private int streams;

    @BeforeEach
    void start() throws Exception {
        target = new EventTarget();
        next = new EventTarget();
        clients = new EventClients();
        proxy = JavaProcess.start(
                Map.of(),
                List.of("-Xmx256m", "-XX:+ExitOnOutOfMemoryError"),
                StreamingProxy.class.getName(),
                target.address(),
                String.valueOf(IDLE_MILLIS));
        port = (int) answer("port");
        memoryBefore = ask("memory before");
        open(half());
    }

    @AfterEach
    void stop() throws IOException {
        proxy.close();
        clients.close();
        target.close();
        next.close();
    }

    @Test
    void fiveThousandSilentStreamsCostLittleAndAllGetAnEventAtOnce() throws Exception {
        assertCheap();
        assertAllGetAnEvent();
        assertDepartureIsNoticed();
        assertADeploymentCutsThemAtTheEndOfItsDrain();
    }

    /** Some after others, as it is not this that is measured. */
    private void open(int half) throws Exception {
        while (streams < 2 * half) {
            for (int i = 0; i < PER_CONNECTION; i++) {
                clients.connect(port);
            }
            clients.connectHttp2(port, PER_CONNECTION);
            streams += 2 * PER_CONNECTION;
            eventually(streams + " have begun", () -> clients.begun() == streams && target.streams() == streams);
        }
    }

    private void assertCheap() throws Exception {
        awaitIdleTimeouts();
        long threads = ask("threads silent");
        long bytes = (ask("memory after") - memoryBefore) / streams;
        say("%,d silent streams: %d threads, %,d bytes each".formatted(streams, threads, bytes));
        assertThat(threads).isLessThan(FEWER_THREADS);
        assertThat(bytes).isLessThan(BOUND_BYTES);
    }

    private void assertAllGetAnEvent() throws Exception {
        long since = System.nanoTime();
        target.broadcast("to all");
        eventually("all have got the event", () -> clients.got("to all") == streams);
        say("an event to all of them took %,d ms".formatted(millisSince(since)));
    }

    private void assertDepartureIsNoticed() throws Exception {
        long since = System.nanoTime();
        clients.leave(LEAVING);
        streams -= 2 * LEAVING;
        eventually("the target knows who has left", () -> target.streams() == streams);
        long millis = millisSince(since);
        say("%d who left were noticed in %,d ms".formatted(2 * LEAVING, millis));
        assertThat(millis).isLessThan(1_000);
    }

    private void assertADeploymentCutsThemAtTheEndOfItsDrain() throws Exception {
        int ended = clients.ended();
        proxy.type("deploy cut " + next.address() + " " + DRAIN_MILLIS + "\n");
        while (next.streams() == 0) { // The last of these shows that the new target has taken over.
            int begun = clients.begun() + 1;
            clients.connect(port);
            eventually("one more has begun", () -> clients.begun() == begun);
        }
        int draining = target.streams();
        target.broadcast("to those who drain");
        eventually("who drains has got the event", () -> clients.got("to those who drain") == draining);
        assertThat(answer("cut")).isEqualTo(draining);
        eventually("who drained has ended", () -> clients.ended() == ended + draining && target.streams() == 0);
        next.broadcast("to the new one");
        eventually("the new one goes on", () -> clients.got("to the new one") == next.streams());
    }

    /** As many of each kind as there are file descriptors for in the proxy, which has a connection to its target for each. */
    private static int half() {
        long descriptors = ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? unix.getMaxFileDescriptorCount()
                : Integer.MAX_VALUE;
        long most = Math.min(STREAMS / 2, (descriptors - SPARE_DESCRIPTORS) / 3);
        return (int) (most / PER_CONNECTION * PER_CONNECTION);
    }

    private long ask(String question) throws Exception {
        proxy.type(question + "\n");
        return answer(question.split(" ", 2)[1]);
    }

    private long answer(String label) throws InterruptedException {
        return Long.parseLong(
                proxy.awaitLine(line -> line.startsWith(label + " ")).substring(label.length() + 1));
    }

    /** The time is that of other clients, who are shown the door by the same timeout. */
    private void awaitIdleTimeouts() throws IOException {
        for (int i = 0; i < 3; i++) {
            try (Socket idle = new Socket(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port)) {
                assertThat(idle.getInputStream().read()).isNegative();
            }
        }
    }

    private static long millisSince(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }

    @SuppressWarnings("SystemOut")
    private static void say(String line) {
        System.out.println(line);
    }

    private static void eventually(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - deadline).as(what).isNegative();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        }
    }
}
