package dev.gapless.proxy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

final class CookiesTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "null",
            value = {
                "a=1                | 1",
                "b=2; a=1           | 1",
                "b=2;a=1;c=3        | 1",
                "  a = 1 ;          | 1",
                "a=1; a=2           | 1",
                "a=                 | ''",
                "a                  | null",
                "a; a=1             | 1",
                "aa=2; a=1          | 1",
                "b=a=2              | null",
                "a=b=c              | b=c",
                "a=\"x y\"          | x y",
                "a=\"               | \"",
                "a=\"\"             | ''",
                "A=1                | null",
                ";;;                | null",
                "=1                 | null",
                "''                 | null"
            })
    void theFirstCookieOfTheNameCounts(String header, String value) {
        assertThat(Cookies.value(header, "a")).isEqualTo(value);
    }

    @Test
    void aLongFieldWithoutTheNameIsReadToItsEnd() {
        assertThat(Cookies.value("x=1; ".repeat(10_000) + "a=1", "a")).isEqualTo("1");
        assertThat(Cookies.value(";".repeat(100_000), "a")).isNull();
        assertThat(Cookies.value("x;".repeat(50_000), "a")).isNull();
    }
}
