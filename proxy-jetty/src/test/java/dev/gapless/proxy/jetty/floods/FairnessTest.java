package dev.gapless.proxy.jetty.floods;

import dev.gapless.proxy.jetty.faults.FaultTest;
import dev.gapless.proxy.jetty.faults.RawClient;
import dev.gapless.proxy.jetty.faults.RawTarget;
import dev.gapless.proxy.jetty.faults.ScriptedTarget;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class FairnessTest extends FaultTest {
    /** Enough that some of them come to any lane. */
    private static final int OTHERS = 3 * Runtime.getRuntime().availableProcessors();

    /** Chunks of a byte take the proxy longer to read than the client to write. */
    private static final String CHUNKS = "1\r\nx\r\n".repeat(10_000);

    @Test
    void aClientThatSendsFasterThanTheProxyReadsDoesNotKeepOthersWaiting() throws Exception {
        streamBodies();
        deploy(new ScriptedTarget(call -> {
            if (call.path().equals("/upload")) {
                call.readToEnd();
                return false;
            }
            call.send(RawTarget.OK);
            return true;
        }));
        AtomicBoolean over = new AtomicBoolean();
        try (RawClient fast = client()) {
            fast.send("POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
            Thread sending = new Thread(() -> {
                try {
                    while (!over.get()) {
                        fast.send(CHUNKS);
                    }
                } catch (IOException e) {
                    over.set(true);
                }
            });
            sending.start();
            for (int i = 0; i < OTHERS; i++) {
                try (RawClient other = client()) {
                    assertThat(other.send(GET).readResponse()).startsWith("HTTP/1.1 200 ");
                }
            }
            assertThat(over).as("whether the upload was over before").isFalse();
            over.set(true);
            sending.join();
        }
    }
}
