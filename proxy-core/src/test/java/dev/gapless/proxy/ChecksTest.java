package dev.gapless.proxy;

import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

final class ChecksTest {
    private static void refused(ThrowingCallable check, String... said) {
        assertThatThrownBy(check).isInstanceOf(IllegalArgumentException.class).hasMessageContainingAll(said);
    }

    @Test
    void durationsArePositiveOrNotNegativeAndFitIntoNanoseconds() {
        Duration longest = Duration.ofDays(36_500);
        assertThat(Checks.positive("time", Duration.ofNanos(1))).isEqualTo(Duration.ofNanos(1));
        assertThat(Checks.positive("time", longest)).isEqualTo(longest);
        assertThat(Checks.notNegative("time", Duration.ZERO)).isZero();
        refused(() -> Checks.positive("time", Duration.ZERO), "time PT0S", "longer than zero");
        refused(() -> Checks.positive("time", Duration.ofNanos(-1)), "time");
        refused(() -> Checks.positive("time", longest.plusNanos(1)), "100 years");
        refused(() -> Checks.notNegative("time", Duration.ofNanos(-1)), "must not be negative");
        refused(() -> Checks.notNegative("time", Duration.ofSeconds(Long.MAX_VALUE)), "100 years");
    }

    @Test
    void numbersAreInTheirRange() {
        assertThat(Checks.positive("count", 1)).isEqualTo(1);
        refused(() -> Checks.positive("count", 0), "count 0", "at least 1");
        assertThat(Checks.port("port", 1)).isEqualTo(1);
        assertThat(Checks.port("port", 65_535)).isEqualTo(65_535);
        refused(() -> Checks.port("port", 0), "port 0", "1 to 65535");
        refused(() -> Checks.port("port", 65_536), "port 65536");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a\nb", "a\u007Fb", "\u0000"})
    void aServiceNameCanBeSeen(String name) {
        refused(() -> Checks.serviceName(name), "service name \"" + name + "\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a;b", "a=b", "a,b", "é", "a\n", "(a)", "\"a\"", "a/b", "{a}", "a@b"})
    void aTokenHasOnlyTheCharactersOfOne(String name) {
        refused(() -> Checks.token("cookie", name), "cookie \"" + name + "\"");
    }

    @Test
    void allCharactersOfATokenAreTaken() {
        String all = "azAZ09!#$%&'*+-.^_`|~";
        assertThat(Checks.token("cookie", all)).isEqualTo(all);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "up", "/a b", "/a#b", "/é", "/a\r\n", "http://a/"})
    void aRequestTargetCanBeSentAsItStands(String path) {
        refused(() -> Checks.requestTarget("path", path), "path \"" + path + "\"");
    }

    @Test
    void limitsOfHoldingAreNotNegative() {
        assertThat(new HoldLimits(0, 0, 1).maxRequests()).isZero();
        refused(() -> new HoldLimits(-1, 0, 1), "max held requests -1");
        refused(() -> new HoldLimits(0, -1, 1), "max held body bytes -1");
        refused(() -> new HoldLimits(0, 0, 0), "release concurrency 0");
    }
}
