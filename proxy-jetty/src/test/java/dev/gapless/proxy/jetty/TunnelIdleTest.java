package dev.gapless.proxy.jetty;

import dev.gapless.proxy.TunnelOptions;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/** How long a tunnel may be silent. The time is that of other connections, which are shown the door by a timeout as long. */
class TunnelIdleTest extends TunnelScaffold {
    private static final Duration SHORT = Duration.ofMillis(300);
    /** Of which so many parts pass that each of them may be late by far. */
    private static final Duration LONG_ENOUGH = Duration.ofSeconds(1);

    private static final long PART_NANOS = LONG_ENOUGH.toNanos() / 50;

    private void serve(Duration idleTime) throws Exception {
        serveWebSockets(overEachWire()
                .tunnels(TunnelOptions.builder().idleTime(idleTime).build()));
    }

    @ParameterizedTest
    @EnumSource
    void aTunnelThroughWhichNothingPassesIsClosed(Wire wire) throws Exception {
        serve(SHORT);
        TunnelClient client = open(wire);
        TunnelTarget.End end = target.next();

        client.awaitBreak();
        end.awaitLeft();

        eventually("the lease is released", () -> requestsInFlight() == 0);
        assertThat(log.next().failure()).contains("idle");
    }

    @ParameterizedTest
    @EnumSource
    void aTunnelThroughWhichSomethingPassesOneWayIsNot(Wire wire) throws Exception {
        serve(LONG_ENOUGH);
        TunnelClient fromClient = open(wire);
        TunnelTarget.End toTarget = target.next();
        TunnelClient toClient = open(wire);
        TunnelTarget.End fromTarget = target.next();
        TunnelClient silent = open(wire);
        TunnelTarget.End alone = target.next();

        Thread saying = new Thread(() -> {
            try {
                for (boolean over = false; !over; over = requestsInFlight() < 3) {
                    fromClient.send("x");
                    fromTarget.send("y");
                    LockSupport.parkNanos(PART_NANOS);
                }
            } catch (Exception e) {
                // The test sees what is missing.
            }
        });
        saying.start();
        alone.awaitLeft();
        silent.awaitBreak();
        saying.join();

        fromClient.send("z");
        fromTarget.send("z");
        assertThat(toTarget.readUntil('z')).matches("x+z");
        toClient.finish();
        fromTarget.finish();
        assertThat(toClient.readToEnd()).matches("y+z");
    }

    @ParameterizedTest
    @EnumSource
    void neitherTheTimeThatConnectionsMayBeIdleNorThatOfTargetsIsThatOfTunnels(Wire wire) throws Exception {
        proxy = start(
                listening().clientIdleTimeout(SHORT).targetIdleTimeout(SHORT).targetKeepAlive(SHORT));
        serveWebSockets();
        TunnelClient client = open(wire);
        TunnelTarget.End end = target.next();

        RawClient idle = client();
        assertThat(idle.readToEnd()).isEmpty();
        RawClient idleAgain = client();
        assertThat(idleAgain.readToEnd()).isEmpty();

        client.send("still");
        assertThat(end.read(5)).isEqualTo("still");
        end.send("here");
        assertThat(client.read(4)).isEqualTo("here");
    }
}
