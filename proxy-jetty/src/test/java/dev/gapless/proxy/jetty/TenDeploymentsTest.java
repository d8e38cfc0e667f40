package dev.gapless.proxy.jetty;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** What {@link TwoHundredDeploymentsTest} proves, in small. */
class TenDeploymentsTest extends ProxyScaffold {
    @Test
    void tenDeploymentsUnderLoadFailNoRequest() throws Exception {
        proxy = start(loopback());
        DeploymentsUnderLoad load = closing(new DeploymentsUnderLoad(proxy));
        load.startLoad(2);

        load.deploy(10);

        load.assertNoRequestFailed(0);
        assertThat(proxy.services().list().get(0).generation()).isEqualTo(11);
        eventually("no lease is left", () -> requestsInFlight() == 0);
        assertThat(proxy.assembly.client().getDestinations())
                .as("destinations, at most one a lane")
                .hasSizeLessThanOrEqualTo(Runtime.getRuntime().availableProcessors());
    }
}
