package dev.gapless.proxy;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

final class HeaderOptionsTest {
    private final HeaderOptions.Builder options = HeaderOptions.builder();

    @Test
    void byDefaultNothingIsSaidAndNothingChanged() {
        HeaderOptions defaults = HeaderOptions.defaults();

        assertThat(defaults.trustForwarded()).isEmpty();
        assertThat(defaults.trustedRanges()).isEmpty();
        assertThat(defaults.clientIpHeader()).isEmpty();
        assertThat(defaults.scopeCookiePaths()).isFalse();
        assertThat(defaults.requestRules().isEmpty()).isTrue();
        assertThat(defaults.responseRules().isEmpty()).isTrue();
    }

    @Test
    void withoutRangesEveryPeerIsAdmitted() {
        assertThat(options.build().admits("192.0.2.1")).isTrue();
        assertThat(options.build().admits("a socket")).isTrue();
    }

    @Test
    void withRangesThePeersInOneOfThemAre() {
        HeaderOptions built =
                options.trustFrom("10.0.0.0/8", "::1").trustFrom("192.0.2.1").build();

        assertThat(built.admits("10.1.2.3")).isTrue();
        assertThat(built.admits("::ffff:10.1.2.3")).isTrue();
        assertThat(built.admits("[0:0:0:0:0:0:0:1]")).isTrue();
        assertThat(built.admits("192.0.2.1")).isTrue();
        assertThat(built.admits("192.0.2.2")).isFalse();
        assertThat(built.admits("::2")).isFalse();
        assertThat(built.admits("a socket")).isFalse();
    }

    @Test
    void rangesGivenTwiceCountOnceAndStayAsTheyWereBuilt() {
        HeaderOptions built =
                options.trustFrom("10.0.0.0/8", "::ffff:10.0.0.0/104").build();

        options.trustFrom("192.0.2.1");

        assertThat(built.trustedRanges()).containsExactly(AddressRange.parse("10.0.0.0/8"));
    }

    @Test
    void aRangeThatIsNoneIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.trustFrom("10.0.0.0/8", "gateway"))
                .withMessageContaining("\"gateway\"");
    }
}
