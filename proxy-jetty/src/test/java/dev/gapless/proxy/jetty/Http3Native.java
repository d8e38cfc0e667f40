package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ProxyStartException;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Whether HTTP/3 can be tested here: its native library is there for the usual platforms only. */
final class Http3Native {
    private Http3Native() {}

    /** Has the tests of a class skipped where the library cannot be loaded. */
    static void assume() {
        String reason = null;
        try {
            Http3Artifacts.check();
        } catch (ProxyStartException e) {
            reason = e.getMessage();
        }
        assumeTrue(reason == null, reason);
    }
}
