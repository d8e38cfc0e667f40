package dev.gapless.proxy.jetty.floods;

import dev.gapless.proxy.jetty.faults.FaultTest;
import dev.gapless.proxy.jetty.faults.RawClient;
import dev.gapless.proxy.jetty.faults.RawTarget;
import dev.gapless.proxy.jetty.faults.ScriptedTarget;
import java.io.IOException;
import java.io.OutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

@Tag("proof")
class FairnessTest extends FaultTest {
    /** Enough that some of them come to any lane. */
    private static final int OTHERS = 3 * Runtime.getRuntime().availableProcessors();

    /** Chunks of a byte take the proxy longer to pass on than their sender to write. */
    private static final String CHUNKS = "1\r\nx\r\n".repeat(10_000);

    @Test
    void aClientThatSendsFasterThanTheProxyPassesOnDoesNotKeepOthersWaiting() throws Exception {
        streamBodies();
        deploy(new ScriptedTarget(call -> {
            if (call.path().equals("/upload")) {
                call.readToEnd();
                return false;
            }
            call.send(RawTarget.OK);
            return true;
        }));
        try (RawClient fast = client()) {
            fast.send("POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
            Thread flood = fast.sendingUntilNoneIsTaken(CHUNKS);
            assertThatOthersAreServedBeforeTheEndOf(flood);
            fast.reset();
            flood.join();
        }
    }

    @Test
    void aTargetThatSendsFasterThanTheProxyPassesOnDoesNotKeepOthersWaiting() throws Exception {
        streamBodies();
        deploy(new ScriptedTarget(call -> {
            if (call.path().equals("/download")) {
                call.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                sendUntilNoneIsTaken(call);
                return false;
            }
            call.send(RawTarget.OK);
            return true;
        }));
        try (RawClient fast = client()) {
            fast.send("GET /download HTTP/1.1\r\nHost: a\r\n\r\n");
            Thread flood = new Thread(() -> readAll(fast));
            flood.start();
            assertThatOthersAreServedBeforeTheEndOf(flood);
            fast.reset();
            flood.join();
        }
    }

    private void assertThatOthersAreServedBeforeTheEndOf(Thread flood) throws IOException {
        for (int i = 0; i < OTHERS; i++) {
            try (RawClient other = client()) {
                assertThat(other.send(GET).readResponse()).startsWith("HTTP/1.1 200 ");
            }
        }
        assertThat(flood.isAlive()).as("whether the flood goes on").isTrue();
    }

    private static void sendUntilNoneIsTaken(RawTarget.Call call) {
        try {
            while (true) {
                call.send(CHUNKS);
            }
        } catch (IOException e) {
            // The client is gone.
        }
    }

    private static void readAll(RawClient client) {
        try {
            client.in().transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            // It has left.
        }
    }
}
