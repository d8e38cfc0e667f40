package dev.gapless.proxy.jetty.floods;

import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.jetty.FrameClient;
import dev.gapless.proxy.jetty.ProxyServer;
import dev.gapless.proxy.jetty.faults.FaultTest;
import dev.gapless.proxy.jetty.faults.RawClient;
import dev.gapless.proxy.jetty.faults.ScriptedTarget;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static dev.gapless.proxy.jetty.FrameClient.frame;
import static dev.gapless.proxy.jetty.FrameClient.get;
import static dev.gapless.proxy.jetty.FrameClient.times;
import static dev.gapless.proxy.jetty.FrameClient.windowUpdate;
import static org.assertj.core.api.Assertions.assertThat;

/** Clients of HTTP/2 that ask for much and take nothing of it. */
@Tag("proof")
class DeafClientTest extends FaultTest {
    private static final int ALL_THERE_IS = Integer.MAX_VALUE;
    private static final int MORE = ALL_THERE_IS - 0xFFFF;
    private static final byte[] PING = frame(FrameClient.PING, 0, 0, new byte[8]);

    /** More than the systems on the way keep. */
    private static final int PARTS = 400;

    private static final String PART = "x".repeat(64_000);
    private static final int RESPONSE_BYTES = PARTS * PART.length();

    private final AtomicInteger taken = new AtomicInteger();
    private final ScriptedTarget target = new ScriptedTarget(call -> {
        call.send("HTTP/1.1 200 OK\r\nContent-Length: " + RESPONSE_BYTES + "\r\n\r\n");
        for (int i = 0; i < PARTS; i++) {
            call.send(PART);
            taken.incrementAndGet();
        }
        return true;
    });

    @Override
    protected ProxyServer.Builder configure(ProxyServer.Builder builder) {
        return builder.clientIdleTimeout(Duration.ofMillis(500));
    }

    /** A client with a response on its way, of which all that can be written without its reading is written. */
    private FrameClient askAndTakeNothing() throws Exception {
        streamBodies();
        deploy(target);
        FrameClient client =
                FrameClient.withReceiveBuffer(16 * 1024, proxy.port(), FrameClient.INITIAL_WINDOW_SIZE, ALL_THERE_IS);
        client.send(windowUpdate(0, MORE), get(1, "/"));
        target.awaitRequest();
        awaitStandstill();
        return client;
    }

    /** Waits until nothing more of the response is taken in the time that others need for many requests. */
    private void awaitStandstill() throws Exception {
        int before;
        do {
            before = taken.get();
            for (int i = 0; i < 50; i++) {
                try (RawClient other = client()) {
                    other.send("no request\r\n\r\n").readToEndOrReset();
                }
            }
        } while (before == 0 || taken.get() != before);
    }

    private static void sendUntilClosed(FrameClient client, byte[] frames) {
        try {
            for (long sent = 0; sent < 100_000_000; sent += frames.length) {
                client.send(frames);
            }
        } catch (IOException e) {
            return; // Closed.
        }
        throw new AssertionError("the connection has taken 100 MB of frames");
    }

    /** What it is to be answered must not pile up. */
    @Test
    void pingsOfAClientThatTakesNoAnswersAreRefused() throws Exception {
        try (FrameClient client = askAndTakeNothing()) {
            sendUntilClosed(client, times(100, PING));
        }
    }

    /** Nor must what is to be done once the client reads again. */
    @Test
    void windowsThatAClientOpensWithoutReadingAreRefused() throws Exception {
        try (FrameClient client = askAndTakeNothing()) {
            sendUntilClosed(client, times(100, windowUpdate(0, 1)));
        }
    }

    /** Jetty waits for ever to tell the client what was wrong. */
    @Test
    void aClientThatDoesNotTakeTheFarewellIsLeftAfterTheIdleTimeout() throws Exception {
        try (FrameClient client = askAndTakeNothing()) {
            client.send(frame(FrameClient.PING, 0, 1, new byte[8]));

            await("the end of the request", () -> requestsInFlight() == 0);
            await("the end of the target's connection", () -> target.open() == 0);
            assertThat(client.readError()).isIn(FrameClient.NONE, FrameClient.PROTOCOL_ERROR);
        }
    }

    @Test
    void aClientThatNeverOpensItsWindowIsCut() throws Exception {
        bearWithClientsFor(Duration.ofMillis(300));
        deploy(target);
        try (FrameClient client = FrameClient.to(proxy.port(), FrameClient.INITIAL_WINDOW_SIZE, 0)) {
            client.send(get(1, "/"), get(3, "/"));

            for (int i = 0; i < 2; i++) {
                RequestSummary summary = awaitEnded();
                assertThat(summary.failure()).contains("too slowly");
                assertThat(summary.responseBytes()).isLessThan(RESPONSE_BYTES);
            }
        }
    }
}
