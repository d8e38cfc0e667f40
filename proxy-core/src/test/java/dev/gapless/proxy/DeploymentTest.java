package dev.gapless.proxy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

final class DeploymentTest {
    private final Deployment.Builder deployment = Deployment.builder("web");

    @Test
    void byDefaultTargetsHaveThirtySecondsToBecomeHealthyAndAsManyToDrain() {
        Deployment defaults = Deployment.of("web", "web:3000");

        assertThat(defaults.service()).isEqualTo("web");
        assertThat(defaults.targets()).containsExactly(TargetAddress.parse("web:3000"));
        assertThat(defaults.options()).isSameAs(ServiceOptions.defaults());
        assertThat(defaults.deployTimeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(defaults.drainTimeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(defaults.force()).isFalse();
        assertThat(defaults).hasToString("web to [web:3000]");
    }

    @Test
    void aTargetGivenTwiceCountsOnce() {
        deployment.target("web:80").target("other:80").target("web");

        assertThat(deployment.build().targets())
                .containsExactly(TargetAddress.parse("web:80"), TargetAddress.parse("other:80"));
    }

    @Test
    void aDeploymentWithoutTargetsIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(deployment::build)
                .withMessage("deployment of \"web\" has no targets; it needs at least one");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Deployment.of("web"))
                .withMessageContaining("\"web\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\t", "we\nb", "web\u007f", "web\0"})
    void aNameWithoutAVisibleCharacterOrWithAControlOneIsRefused(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Deployment.builder(name))
                .withMessageContaining("service name \"" + name + "\"");
    }

    @Test
    void anAddressThatIsNoneIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> deployment.target("http://web/"))
                .withMessageContaining("\"http://web/\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT-1S", "P36501D"})
    void theDeployTimeoutIsLongerThanZeroAndShorterThanACentury(Duration timeout) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> deployment.deployTimeout(timeout))
                .withMessageContaining("deploy timeout " + timeout);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT-1S", "PT-0.000000001S", "P36501D"})
    void theDrainTimeoutIsNotNegativeAndShorterThanACentury(Duration timeout) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> deployment.drainTimeout(timeout))
                .withMessageContaining("drain timeout " + timeout);
    }

    @Test
    void theDrainTimeoutMayBeZero() {
        assertThat(deployment.target("web").drainTimeout(Duration.ZERO).build().drainTimeout())
                .isZero();
    }

    @Test
    void whatWasBuiltDoesNotChangeWithItsBuilder() {
        Deployment built = deployment.target("web").build();

        deployment.target("other").force(true).deployTimeout(Duration.ofSeconds(1));

        assertThat(built.targets()).hasSize(1);
        assertThat(built.force()).isFalse();
        assertThat(built.deployTimeout()).isEqualTo(Duration.ofSeconds(30));
    }
}
