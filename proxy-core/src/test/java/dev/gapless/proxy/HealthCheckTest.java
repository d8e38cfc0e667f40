package dev.gapless.proxy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

final class HealthCheckTest {
    private final HealthCheck.Builder check = HealthCheck.builder();

    @Test
    void byDefaultATargetIsAskedForUpEverySecondWithFiveToAnswer() {
        HealthCheck defaults = HealthCheck.defaults();

        assertThat(defaults.path()).isEqualTo("/up");
        assertThat(defaults.port()).isEmpty();
        assertThat(defaults.host()).isEmpty();
        assertThat(defaults.interval()).isEqualTo(Duration.ofSeconds(1));
        assertThat(defaults.timeout()).isEqualTo(Duration.ofSeconds(5));
        assertThat(defaults.failuresUntilUnhealthy()).isEqualTo(1);
        assertThat(defaults.successesUntilHealthy()).isEqualTo(1);
    }

    @Test
    void everythingCanBeSet() {
        HealthCheck set = check.path("/health?deep=1&x=%20")
                .port(9000)
                .host("health.example:81")
                .interval(Duration.ofMillis(1))
                .timeout(Duration.ofDays(1))
                .failuresUntilUnhealthy(3)
                .successesUntilHealthy(2)
                .build();

        assertThat(set.path()).isEqualTo("/health?deep=1&x=%20");
        assertThat(set.port()).hasValue(9000);
        assertThat(set.host()).contains("health.example:81");
        assertThat(set.interval()).isEqualTo(Duration.ofMillis(1));
        assertThat(set.timeout()).isEqualTo(Duration.ofDays(1));
        assertThat(set.failuresUntilUnhealthy()).isEqualTo(3);
        assertThat(set.successesUntilHealthy()).isEqualTo(2);
        assertThat(set).hasToString("GET /health?deep=1&x=%20 on port 9000");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "up", "http://web/up", "/up down", "/up\r\n", "/up#now", "/ü", "*"})
    void aPathThatCannotBeSentIsRefused(String path) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> check.path(path))
                .withMessageContaining("health check path \"" + path + "\"")
                .withMessageContaining("must");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 65_536, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void aPortThatIsNoneIsRefused(int port) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> check.port(port))
                .withMessage("health check port " + port + " is outside 1 to 65535");
    }

    @ParameterizedTest
    @ValueSource(strings = {"web", "web:3000", "192.0.2.1:1", "[::1]", "[::1]:3000", "WEB_1.internal"})
    void aHostMayHaveAPort(String host) {
        assertThat(check.host(host).build().host()).contains(host);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "web:", "web:x", "web:123456", "web\r\nX: y", "http://web", "web/up", "::1", "ü"})
    void aHostThatCannotBeSentIsRefused(String host) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> check.host(host))
                .withMessageContaining("health check host \"" + host + "\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT-1S", "PT-0.000000001S", "P36501D"})
    void intervalAndTimeoutAreLongerThanZeroAndShorterThanACentury(Duration duration) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> check.interval(duration))
                .withMessageContaining("health check interval " + duration);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> check.timeout(duration))
                .withMessageContaining("health check timeout " + duration);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
    void thresholdsAreAtLeastOne(int count) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> check.failuresUntilUnhealthy(count))
                .withMessage("failures until unhealthy " + count + " must be at least 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> check.successesUntilHealthy(count))
                .withMessage("successes until healthy " + count + " must be at least 1");
    }
}
