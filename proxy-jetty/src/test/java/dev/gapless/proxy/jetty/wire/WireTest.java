package dev.gapless.proxy.jetty.wire;

import dev.gapless.proxy.jetty.faults.FaultTest;
import dev.gapless.proxy.jetty.faults.RawTarget;
import dev.gapless.proxy.jetty.faults.ScriptedTarget;
import org.junit.jupiter.api.BeforeEach;

/** A proxy in front of one scripted target. */
abstract class WireTest extends FaultTest {
    static final String OK = RawTarget.OK;
    static final String GET_AND_CLOSE = "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    final ScriptedTarget target = new ScriptedTarget(call -> {
        call.send(OK);
        return true;
    });

    @BeforeEach
    void deployTarget() {
        deploy(target);
    }

    /** Sends this, and reads until the proxy closes the connection. */
    static ScriptedTarget.Script stallingAfter(String begin) {
        return call -> {
            call.send(begin);
            call.readToEnd();
            return false;
        };
    }

    /** Waits until the proxy has closed the connection of the request that it sent last. */
    final void awaitClosed() {
        await("the end of the target's request", () -> target.open() == 0);
    }
}
