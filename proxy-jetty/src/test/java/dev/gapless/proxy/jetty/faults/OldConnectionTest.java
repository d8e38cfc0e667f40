package dev.gapless.proxy.jetty.faults;

import dev.gapless.proxy.jetty.ProxyServer;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Connections to a target that the proxy closes just when it needs them. */
class OldConnectionTest extends FaultTest {
    @Override
    protected ProxyServer.Builder configure(ProxyServer.Builder builder) {
        return builder.targetIdleTimeout(Duration.ofMillis(50));
    }

    @Test
    void aConnectionThatTheProxyItselfFindsTooOldCostsNoRequest() throws Exception {
        EchoingTarget target = deploy(new EchoingTarget());
        try (RawClient client = client()) {
            for (int i = 0; i < 40; i++) {
                // A target that is too slow for this short time is another matter.
                assertThat(client.send(POST).readResponse()).containsPattern("^HTTP/1.1 (200|504) ");
                await("the time at which the idle connection is closed", after(Duration.ofMillis(48 + i % 6)));
            }
        }
        await("all requests", () -> target.heads().size() >= 40);
        assertThat(target.heads()).hasSize(40);
    }

    private static BooleanSupplier after(Duration time) {
        long until = System.nanoTime() + time.toNanos();
        return () -> System.nanoTime() - until >= 0;
    }
}
