package dev.gapless.proxy.jetty;

import org.junit.jupiter.api.Tag;

/** As often as shows what happens but now and then. */
@Tag("proof")
class FiftyDeploymentsOverEachProtocolTest extends DeploymentsOverEachProtocolTest {
    @Override
    int deployments() {
        return 50;
    }

    @Override
    int clientsOfEachKind() {
        return 2;
    }
}
