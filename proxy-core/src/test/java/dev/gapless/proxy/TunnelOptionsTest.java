package dev.gapless.proxy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

final class TunnelOptionsTest {
    private final TunnelOptions.Builder options = TunnelOptions.builder();

    @Test
    void byDefaultATunnelMayBeIdleForAnHourAndAWebSocketIsToldThatItsServerGoesAway() {
        TunnelOptions defaults = TunnelOptions.defaults();

        assertThat(defaults.idleTime()).isEqualTo(Duration.ofHours(1));
        assertThat(defaults.closeCode()).isEqualTo(1001);
        assertThat(ServiceOptions.defaults().tunnels())
                .usingRecursiveComparison()
                .isEqualTo(defaults);
    }

    @Test
    void everyOptionIsKept() {
        TunnelOptions built =
                options.idleTime(Duration.ofNanos(1)).closeCode(1012).build();

        assertThat(built.idleTime()).isEqualTo(Duration.ofNanos(1));
        assertThat(built.closeCode()).isEqualTo(1012);
        assertThat(ServiceOptions.builder().tunnels(built).build().tunnels()).isSameAs(built);
    }

    @Test
    void noTunnelIsIdleFromItsBeginning() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.idleTime(Duration.ZERO))
                .withMessage("idle time of a tunnel PT0S must be longer than zero");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.idleTime(Duration.ofMillis(-1)))
                .withMessageContaining("PT-0.001S");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 1000, 1002, 1005, 1006, 1011, 1013, 3000, 4999})
    void aCloseCodeSaysThatTheServerGoes(int code) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.closeCode(code))
                .withMessage("close code " + code + " must be 1001 (going away) or 1012 (service restart)");
    }

    @Test
    void whatIsRefusedChangesNothing() {
        assertThatIllegalArgumentException().isThrownBy(() -> options.idleTime(Duration.ZERO));
        assertThatIllegalArgumentException().isThrownBy(() -> options.closeCode(1000));

        assertThat(options.build()).usingRecursiveComparison().isEqualTo(TunnelOptions.defaults());
    }

    @Test
    void whatWasBuiltDoesNotChangeWithItsBuilder() {
        TunnelOptions built = options.closeCode(1012).build();

        options.closeCode(1001);

        assertThat(built.closeCode()).isEqualTo(1012);
    }
}
