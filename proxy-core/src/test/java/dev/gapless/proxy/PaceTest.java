package dev.gapless.proxy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

final class PaceTest {
    @Test
    void byDefaultAClientMayTakeAMinuteForAFewKilobytes() {
        assertThat(Pace.defaults()).isEqualTo(new Pace(240, Duration.ofMinutes(1)));
    }

    @Test
    void aPaceNeedNotHaveARate() {
        assertThat(new Pace(0, Duration.ofNanos(1)).bytesPerSecond()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"-1", "-9223372036854775808"})
    void aRateIsNotNegative(long rate) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Pace(rate, Duration.ofSeconds(1)))
                .withMessage("bytes per second " + rate + " must not be negative");
    }

    @ParameterizedTest
    @CsvSource({"PT0S, longer than zero", "PT-0.001S, longer than zero", "PT876001H, shorter than 100 years"})
    void anIdleTimeIsLongerThanZeroAndShorterThanACentury(Duration time, String accepted) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Pace(240, time))
                .withMessage("idle time of a body " + time + " must be " + accepted);
    }
}
