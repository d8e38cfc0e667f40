package dev.gapless.proxy.jetty.tls;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class AcmeHostsTest {
    @ParameterizedTest
    @CsvSource({"App.Example.COM., app.example.com", "a.test:8080, a.test", "[::1]:80, [::1]", "[::1], [::1]"})
    void hostsAreComparedInOneForm(String host, String canonical) {
        assertThat(AcmeHosts.canonical(host)).isEqualTo(canonical);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "127.0.0.1", "[::1]", "*", "a..b", "-a.test", "a b", "../etc", "a/b", "*.*.test", "a.test\n"
            })
    void whatIsNoNameHasNoCertificate(String host) {
        assertThat(AcmeHosts.isName(host)).isFalse();
        assertThatThrownBy(() -> AcmeHosts.check(List.of(host)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"" + host + "\"");
    }

    @Test
    void namesAndWildcardsMayHaveOne() {
        assertThatCode(() -> AcmeHosts.check(List.of("a.test", "*.a.test", "xn--bcher-kva.test", "localhost")))
                .doesNotThrowAnyException();
        assertThat(AcmeHosts.isName("*.a.test")).isFalse();
    }

    @Test
    void aWildcardCoversOneLabel() {
        assertThat(AcmeHosts.wildcardOf("a.b.test")).isEqualTo("*.b.test");
    }

    @Test
    void namesInTheStoreAreSafeAndDistinct() {
        String longest = "a".repeat(60) + "." + "b".repeat(60) + "." + "c".repeat(60) + "." + "d".repeat(60) + ".test";

        assertThat(AcmeVault.name(List.of("a.test"))).isEqualTo("a.test");
        assertThat(AcmeVault.name(List.of("*.a.test"))).isEqualTo("+.a.test");
        assertThat(AcmeVault.name(List.of("a.test", "b.test")))
                .isEqualTo(AcmeVault.name(List.of("b.test", "a.test")))
                .isNotEqualTo(AcmeVault.name(List.of("a.test", "c.test")));
        assertThat(AcmeVault.name(List.of(longest)))
                .hasSizeLessThan(130)
                .isNotEqualTo(AcmeVault.name(List.of(longest.replace("d.test", "e.test"))));
    }
}
