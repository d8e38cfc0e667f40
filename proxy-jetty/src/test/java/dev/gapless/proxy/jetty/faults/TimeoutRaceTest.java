package dev.gapless.proxy.jetty.faults;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Responses that come when their time is just about over. */
@Tag("proof")
class TimeoutRaceTest extends FaultTest {
    @Test
    void theResponseArrivesJustAsItsTimeIsOver() throws Exception {
        deployImpatiently(new ScriptedTarget(call -> {
            call.body();
            // The timeout is told up to 50 ms late.
            Thread.sleep(RESPONSE_TIMEOUT.toMillis() - 10 + call.head().hashCode() % 60);
            call.send(RawTarget.OK);
            return true;
        }));
        inParallel(300, i -> {
            try (RawClient client = client()) {
                String response = client.send(i % 2 == 0 ? GET : POST).readResponse();
                assertThat(response.startsWith("HTTP/1.1 200 ") || response.startsWith("HTTP/1.1 504 "))
                        .as(response)
                        .isTrue();
                assertThat(client.send(GET).readResponse()).startsWith("HTTP/1.1 ");
            }
        });
    }

    private interface Step {
        void run(int index) throws Exception;
    }

    private static void inParallel(int times, Step step) throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < times; i++) {
                int index = i;
                running.add(threads.submit(() -> {
                    step.run(index);
                    return null;
                }));
            }
            for (Future<?> each : running) {
                each.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
