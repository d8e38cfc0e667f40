package dev.gapless.proxy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

final class RetryOptionsTest {
    private final RetryOptions.Builder options = RetryOptions.builder();

    @Test
    void byDefaultAFifthOfTheTrafficIsSentAgainAndNeverWhatIsNotIdempotent() {
        RetryOptions defaults = RetryOptions.defaults();

        assertThat(defaults.maxRetries()).isEmpty();
        assertThat(defaults.budgetPercent()).isEqualTo(20);
        assertThat(defaults.budgetFloor()).isEqualTo(100);
        assertThat(defaults.nonIdempotent()).isFalse();
        assertThat(defaults.keptBodyBytes()).isEqualTo(65_536);
        assertThat(ServiceOptions.defaults().retries())
                .usingRecursiveComparison()
                .isEqualTo(defaults);
    }

    @Test
    void everyOptionIsKept() {
        RetryOptions built = options.maxRetries(0)
                .budget(0, 0)
                .nonIdempotent(true)
                .keptBodyBytes(0)
                .build();

        assertThat(built.maxRetries()).hasValue(0);
        assertThat(built.budgetPercent()).isZero();
        assertThat(built.budgetFloor()).isZero();
        assertThat(built.nonIdempotent()).isTrue();
        assertThat(built.keptBodyBytes()).isZero();
    }

    @Test
    void aBudgetMayBeAllOfTheTraffic() {
        assertThat(options.budget(100, 1).build().budgetPercent()).isEqualTo(100);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 101})
    void aBudgetIsNoPercentageOutsideTheTraffic(int percent) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.budget(percent, 100))
                .withMessage("retry budget of " + percent + " percent is outside 0 to 100");
    }

    @Test
    void whatCountsSomethingIsNotNegative() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.maxRetries(-1))
                .withMessage("max retries -1 must not be negative");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.budget(20, -2))
                .withMessage("retry budget floor -2 must not be negative");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.keptBodyBytes(-3))
                .withMessage("kept body bytes -3 must not be negative");
    }

    @Test
    void whatIsRefusedChangesNothing() {
        assertThatIllegalArgumentException().isThrownBy(() -> options.maxRetries(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> options.budget(101, 5));

        assertThat(options.build()).usingRecursiveComparison().isEqualTo(RetryOptions.defaults());
    }

    @Test
    void whatWasBuiltDoesNotChangeWithItsBuilder() {
        RetryOptions built = options.maxRetries(1).build();

        options.maxRetries(2);

        assertThat(built.maxRetries()).hasValue(1);
    }
}
