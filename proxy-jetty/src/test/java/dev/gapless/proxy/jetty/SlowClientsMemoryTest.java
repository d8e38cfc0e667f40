package dev.gapless.proxy.jetty;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.ServiceOptions;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

/** Many clients at once with large bodies, ten kibibytes a second each: of what passes unbuffered the proxy holds little. */
@Tag("proof")
class SlowClientsMemoryTest extends ProxyScaffold {
    private static final int CLIENTS = 100;
    private static final long BODY_BYTES = 100L * 1024 * 1024;
    private static final int BYTES_PER_TENTH = 1024;
    private static final int TENTHS = 30;

    /** What the systems on either side of the proxy's keep would only make the test longer. */
    private static final int SYSTEM_BUFFER_BYTES = 16 * 1024;

    /** For each client, on the heap after a collection and outside of it. */
    private static final long BOUND_BYTES = 256 * 1024;

    /** Shared and small, as it is not the target that is measured. */
    private static final byte[] PART = new byte[8 * 1024];

    private static final ServiceOptions UNBUFFERED = ServiceOptions.builder()
            .bodies(BodyOptions.builder()
                    .requestBuffering(Buffering.OFF)
                    .responseBuffering(Buffering.OFF)
                    .build())
            .build();

    private final AtomicLong passed = new AtomicLong();

    @Test
    void ofAResponseThatIsTakenSlowlyLittleIsHeld() throws Exception {
        serve(RawTarget.answeringHeads((request, connection) -> sendBody(connection)), UNBUFFERED);
        long before = used();
        List<Socket> clients = connect("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

        trickle(clients, socket -> socket.getInputStream().readNBytes(BYTES_PER_TENTH));

        assertLittleIsHeld(before);
    }

    @Test
    void ofARequestThatIsSentSlowlyLittleIsHeld() throws Exception {
        serve(RawTarget.answeringHeads((request, connection) -> readBody(connection)), UNBUFFERED);
        long before = used();
        List<Socket> clients = connect("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + BODY_BYTES + "\r\n\r\n");
        byte[] bytes = new byte[BYTES_PER_TENTH];

        trickle(clients, socket -> socket.getOutputStream().write(bytes));

        assertLittleIsHeld(before);
    }

    private void assertLittleIsHeld(long before) {
        assertThat(requestsInFlight()).isEqualTo(CLIENTS);
        assertThat(passed.get()).isGreaterThan(0);
        assertThat((used() - before) / CLIENTS).as("bytes for each client").isLessThan(BOUND_BYTES);
    }

    private void sendBody(RawTarget.Connection connection) throws IOException {
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + BODY_BYTES + "\r\n\r\n");
        for (long sent = 0; sent < BODY_BYTES; sent += PART.length) {
            connection.send(PART);
            passed.addAndGet(PART.length);
        }
    }

    private void readBody(RawTarget.Connection connection) throws IOException {
        byte[] part = new byte[BYTES_PER_TENTH];
        for (int read = connection.in.read(part); read >= 0; read = connection.in.read(part)) {
            passed.addAndGet(read);
        }
    }

    private List<Socket> connect(String request) throws IOException {
        List<Socket> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            Socket client = closing(new Socket());
            client.setReceiveBufferSize(SYSTEM_BUFFER_BYTES);
            client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), proxy.port()));
            client.getOutputStream().write(request.getBytes(ISO_8859_1));
            clients.add(client);
        }
        return clients;
    }

    private interface Step {
        void with(Socket client) throws IOException;
    }

    private static void trickle(List<Socket> clients, Step step) throws IOException {
        long next = System.nanoTime();
        for (int i = 0; i < TENTHS; i++) {
            for (Socket client : clients) {
                step.with(client);
            }
            next += TimeUnit.MILLISECONDS.toNanos(100);
            LockSupport.parkNanos(next - System.nanoTime());
        }
    }

    /** What is used on the heap, at least, after some collections, and by direct buffers. */
    private static long used() {
        long heap = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            heap = Math.min(
                    heap,
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        }
        long direct = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
        return heap + direct;
    }
}
