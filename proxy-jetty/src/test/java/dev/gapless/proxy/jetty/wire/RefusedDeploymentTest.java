package dev.gapless.proxy.jetty.wire;

import dev.gapless.proxy.DeployEvent;
import dev.gapless.proxy.DeployFailedException;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.RouteConflictException;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.jetty.ReservedPort;
import dev.gapless.proxy.jetty.faults.RawClient;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Deployments that cannot be: the exception names the value, and traffic is as before. */
class RefusedDeploymentTest extends WireTest {
    @AfterEach
    void trafficIsAsBefore() throws Exception {
        try (RawClient client = client()) {
            assertThat(client.send(GET_AND_CLOSE).readToEnd()).startsWith("HTTP/1.1 200 ");
        }
        assertThat(proxy.services().list()).singleElement().satisfies(service -> {
            assertThat(service.name()).isEqualTo("app");
            assertThat(service.generation()).isEqualTo(1);
        });
    }

    @Test
    void anAddressThatDoesNotResolveIsNamed() {
        assertThatThrownBy(() -> proxy.services().deploy(Deployment.of("app", "nowhere.invalid:80")))
                .isInstanceOf(DeployFailedException.class)
                .hasMessageContaining("nowhere.invalid:80");
    }

    @Test
    void aTargetThatRefusesItsProbesIsNamedWithTheReason() throws Exception {
        try (ReservedPort refusing = new ReservedPort()) {
            assertThatThrownBy(() -> proxy.services()
                            .deploy(Deployment.builder("app")
                                    .target(refusing.address())
                                    .deployTimeout(Duration.ofSeconds(1))
                                    .options(probing(Duration.ofMillis(50)))
                                    .build()))
                    .isInstanceOfSatisfying(DeployFailedException.class, failure -> {
                        assertThat(failure).hasMessageContaining("healthy").hasMessageContaining(refusing.address());
                        assertThat(failure.result().timeline())
                                .hasAtLeastOneElementOfType(DeployEvent.Probed.class)
                                .last()
                                .isInstanceOf(DeployEvent.Failed.class);
                    });
        }
    }

    @Test
    void aRouteInUseByAnotherServiceIsAConflict() {
        assertThatThrownBy(() -> proxy.services().deploy(Deployment.of("other", target.address())))
                .isInstanceOf(RouteConflictException.class)
                .hasMessageContaining("other")
                .hasMessageContaining("app");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "http://a/", "ftp://a", "unix:a", "a:0", "a:99999", "a:x", "[::1"})
    void aTargetThatIsNoAddressIsQuoted(String address) {
        assertThatThrownBy(() -> Deployment.of("app", address))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"" + address + "\"");
    }

    @Test
    void noTargetsAndNegativeDurationsAreQuoted() {
        assertThatThrownBy(() -> Deployment.of("app")).hasMessageContaining("no targets");
        assertThatThrownBy(() -> Deployment.builder("app").drainTimeout(Duration.ofSeconds(-1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("PT-1S");
        assertThatThrownBy(() -> ServiceOptions.builder().host("a b").pathPrefix("x"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"a b\"");
        assertThatThrownBy(() -> ServiceOptions.builder().pathPrefix("x"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"x\"");
    }

    private static ServiceOptions probing(Duration interval) {
        return ServiceOptions.builder()
                .healthCheck(HealthCheck.builder().interval(interval).build())
                .build();
    }
}
