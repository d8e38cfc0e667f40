package dev.gapless.proxy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

final class BodyOptionsTest {
    private final BodyOptions.Builder options = BodyOptions.builder();

    @Test
    void byDefaultAMebibyteIsBufferedAndNothingLimited() {
        BodyOptions defaults = BodyOptions.defaults();

        assertThat(defaults.requestBuffering()).isEqualTo(Buffering.AUTOMATIC);
        assertThat(defaults.responseBuffering()).isEqualTo(Buffering.AUTOMATIC);
        assertThat(defaults.bufferMemory()).isEqualTo(1_048_576);
        assertThat(defaults.maxRequestBytes()).isEmpty();
        assertThat(defaults.maxResponseBytes()).isEmpty();
        assertThat(defaults.requestPace()).isEqualTo(Pace.defaults());
        assertThat(defaults.responsePace()).isEqualTo(Pace.defaults());
        assertThat(ServiceOptions.defaults().bodies())
                .usingRecursiveComparison()
                .isEqualTo(defaults);
    }

    @Test
    void everyOptionIsKept() {
        Pace brisk = new Pace(1_000, Duration.ofSeconds(10));
        Pace patient = new Pace(0, Duration.ofHours(1));

        BodyOptions built = options.requestBuffering(Buffering.FULL)
                .responseBuffering(Buffering.OFF)
                .bufferMemory(0)
                .maxRequestBytes(1)
                .maxResponseBytes(Long.MAX_VALUE)
                .requestPace(brisk)
                .responsePace(patient)
                .build();

        assertThat(built.requestBuffering()).isEqualTo(Buffering.FULL);
        assertThat(built.responseBuffering()).isEqualTo(Buffering.OFF);
        assertThat(built.bufferMemory()).isZero();
        assertThat(built.maxRequestBytes()).hasValue(1);
        assertThat(built.maxResponseBytes()).hasValue(Long.MAX_VALUE);
        assertThat(built.requestPace()).isEqualTo(brisk);
        assertThat(built.responsePace()).isEqualTo(patient);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE})
    void aBufferHasNoNegativeMemory(long bytes) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.bufferMemory(bytes))
                .withMessage("buffer memory " + bytes + " must be 0 or more bytes");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE})
    void aLimitLetsSomethingPass(long bytes) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.maxRequestBytes(bytes))
                .withMessage("max request bytes " + bytes + " must be at least 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.maxResponseBytes(bytes))
                .withMessage("max response bytes " + bytes + " must be at least 1");
    }

    @Test
    void whatIsRefusedChangesNothing() {
        assertThatIllegalArgumentException().isThrownBy(() -> options.bufferMemory(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> options.maxRequestBytes(0));

        assertThat(options.build()).usingRecursiveComparison().isEqualTo(BodyOptions.defaults());
    }

    @Test
    void whatWasBuiltDoesNotChangeWithItsBuilder() {
        BodyOptions built = options.requestBuffering(Buffering.OFF).build();

        options.requestBuffering(Buffering.FULL);

        assertThat(built.requestBuffering()).isEqualTo(Buffering.OFF);
    }
}
