package dev.gapless.proxy.examples.daemon;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class GoDurationTest {
    @ParameterizedTest
    @CsvSource({
        "0, PT0S",
        "-0, PT0S",
        "0s, PT0S",
        "300ms, PT0.3S",
        "1.5s, PT1.5S",
        "2m, PT2M",
        "1h30m, PT1H30M",
        "1h1m1s1ms1us1ns, PT1H1M1.001001001S",
        "1µs, PT0.000001S",
        "1μs, PT0.000001S",
        ".5s, PT0.5S",
        "1.s, PT1S",
        "-1.5h, PT-1H-30M",
        "+5s, PT5S",
        "0.3ns, PT0S",
        "2540400h10m10s, PT2540400H10M10S",
        "9223372036854775807ns, PT2562047H47M16.854775807S",
    })
    void readsWhatGoReads(String text, Duration expected) {
        assertThat(GoDuration.parse(text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "3",
                "-",
                "s",
                ".",
                "-.",
                ".s",
                "+.s",
                "1d",
                "\\x80",
                "1 s",
                " 1s",
                "1s ",
                "PT1S",
                "1s-2s",
                "--1s",
                "1e3s",
                "9223372036854775808ns",
                "3000000h",
                "1S"
            })
    void refusesWhatGoRefuses(String text) {
        assertThatThrownBy(() -> GoDuration.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"" + text + "\"");
    }
}
