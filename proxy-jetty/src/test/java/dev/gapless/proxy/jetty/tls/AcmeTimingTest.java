package dev.gapless.proxy.jetty.tls;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class AcmeTimingTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    @Test
    void aCertificateIsRenewedAtTwoThirdsOfItsLifetimeOrALittleBefore() throws Exception {
        X509Certificate certificate = TestAuthority.make()
                .issue(TestAuthority.newKey().getPublic(), List.of("a.test"), START, START.plus(Duration.ofDays(90)));

        assertThat(AcmeTiming.renewal(certificate, Optional.empty(), 0)).isEqualTo(START.plus(Duration.ofDays(60)));
        assertThat(AcmeTiming.renewal(certificate, Optional.empty(), 1))
                .isBetween(START.plus(Duration.ofDays(55)), START.plus(Duration.ofDays(56)));
    }

    @Test
    void theServersSuggestionDecidesWhereThereIsOne() throws Exception {
        X509Certificate certificate = TestAuthority.make()
                .issue(TestAuthority.newKey().getPublic(), List.of("a.test"), START, START.plus(Duration.ofDays(90)));
        Optional<AcmeTiming.Window> window =
                Optional.of(new AcmeTiming.Window(START.plusSeconds(1000), START.plusSeconds(2000)));

        assertThat(AcmeTiming.renewal(certificate, window, 0)).isEqualTo(START.plusSeconds(1000));
        assertThat(AcmeTiming.renewal(certificate, window, 0.5)).isEqualTo(START.plusSeconds(1500));
    }

    @ParameterizedTest
    @CsvSource({"1, PT1M", "2, PT3M", "3, PT9M", "4, PT27M", "6, PT4H3M", "7, PT6H", "100000, PT6H"})
    void triesGetRarerUpToSixHours(int failures, Duration delay) {
        assertThat(AcmeTiming.untilRetry(failures, Optional.empty(), 0)).isEqualTo(delay);
        assertThat(AcmeTiming.untilRetry(failures, Optional.empty(), 1))
                .isBetween(delay.multipliedBy(79).dividedBy(100), delay);
    }

    @Test
    void theServersWordOnTheNextTryIsHeededWithinAWeek() {
        assertThat(AcmeTiming.untilRetry(1, Optional.of(Duration.ofHours(12)), 0))
                .isEqualTo(Duration.ofHours(12));
        assertThat(AcmeTiming.untilRetry(1, Optional.of(Duration.ofSeconds(1)), 0))
                .isEqualTo(Duration.ofMinutes(1));
        assertThat(AcmeTiming.untilRetry(1, Optional.of(Duration.ofDays(-400)), 0))
                .isEqualTo(Duration.ofMinutes(1));
        assertThat(AcmeTiming.untilRetry(1, Optional.of(Duration.ofDays(400)), 0))
                .isEqualTo(Duration.ofDays(7));
    }

    @Test
    void nothingIsLookedAtTooOftenOrTooRarely() {
        assertThat(AcmeTiming.untilCheck(START, START.minusSeconds(86_400))).isEqualTo(AcmeTiming.SOONEST_CHECK);
        assertThat(AcmeTiming.untilCheck(START, START.plusSeconds(7200))).isEqualTo(Duration.ofHours(2));
        assertThat(AcmeTiming.untilCheck(START, START.plusSeconds(864_000))).isEqualTo(AcmeTiming.LATEST_CHECK);
    }
}
