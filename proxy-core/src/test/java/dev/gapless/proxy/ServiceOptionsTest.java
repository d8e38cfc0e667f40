package dev.gapless.proxy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

final class ServiceOptionsTest {
    private final ServiceOptions.Builder options = ServiceOptions.builder();

    @Test
    void byDefaultAServiceTakesEveryHostAndEveryPathInTheClear() {
        ServiceOptions defaults = ServiceOptions.defaults();

        assertThat(defaults.hosts()).isEmpty();
        assertThat(defaults.pathPrefixes()).containsExactly("/");
        assertThat(defaults.stripPathPrefix()).isTrue();
        assertThat(defaults.tls()).isFalse();
        assertThat(defaults.redirectToHttps()).isTrue();
        assertThat(defaults.canonicalHost()).isEmpty();
        assertThat(defaults.healthCheck()).isSameAs(HealthCheck.defaults());
        assertThat(defaults.responseTimeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(defaults.headers()).isSameAs(HeaderOptions.defaults());
        assertThat(defaults.reporting()).isSameAs(ReportOptions.defaults());
    }

    @ParameterizedTest
    @CsvSource({
        "example.com, example.com",
        "EXAMPLE.Com., example.com",
        "*.Example.com, *.example.com",
        "localhost, localhost",
        "my_app, my_app",
        "a-b.c--d.example, a-b.c--d.example",
        "bücher.example, xn--bcher-kva.example",
        "*.bücher.example, *.xn--bcher-kva.example",
        "192.0.2.1, 192.0.2.1",
        "[2001:DB8::1], [2001:db8::1]"
    })
    void hostsAreKeptInCanonicalForm(String host, String canonical) {
        assertThat(options.host(host).build().hosts()).containsExactly(canonical);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                ".",
                "*",
                "*.",
                "**.example.com",
                "a.*.example.com",
                "a*.example.com",
                "example..com",
                ".example.com",
                "-example.com",
                "example.com:80",
                "http://example.com",
                "example.com/api",
                "example.com?x",
                "exa mple.com",
                "example.com\r\n",
                "user@example.com",
                "::1",
                "[::1",
                "[::g]",
                "a234567890123456789012345678901234567890123456789012345678901234.example.com"
            })
    void whatIsNoHostNameIsRefused(String host) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.host(host))
                .withMessageContaining("host \"" + host + "\"")
                .withMessageContaining("expected");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.canonicalHost(host))
                .withMessageContaining("host \"" + host + "\"");
    }

    @Test
    void aHostNameIsNotLongerThanTheDnsAllows() {
        String longest = "a".repeat(61) + ("." + "b".repeat(63)).repeat(3);

        assertThat(options.host(longest).build().hosts()).containsExactly(longest);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.host("a" + longest))
                .withMessageContaining("\"a" + longest + "\"");
    }

    @ParameterizedTest
    @CsvSource({
        "/, /",
        "/api, /api",
        "/api/, /api",
        "/api/v2, /api/v2",
        "/bücher, /bücher",
        "/a b, /a b",
        "/..., /...",
        "/.x/x., /.x/x."
    })
    void aTrailingSlashOfAPrefixIsIgnored(String prefix, String kept) {
        assertThat(options.pathPrefix(prefix).build().pathPrefixes()).containsExactly(kept);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "api",
                "api/",
                "//",
                "//api",
                "/api//",
                "/api//v2",
                "/.",
                "/..",
                "/api/../x",
                "/api/./x",
                "/api/..",
                "/api?x",
                "/api#x",
                "/%61pi",
                "/api\n",
                "/api\u007f"
            })
    void whatIsNoPrefixIsRefused(String prefix) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.pathPrefix(prefix))
                .withMessageContaining("path prefix \"" + prefix + "\"")
                .withMessageContaining("must be");
    }

    @Test
    void hostsAndPrefixesGivenTwiceCountOnce() {
        ServiceOptions twice = options.host("example.com")
                .host("EXAMPLE.com")
                .pathPrefix("/api")
                .pathPrefix("/api/")
                .build();

        assertThat(twice.hosts()).containsExactly("example.com");
        assertThat(twice.pathPrefixes()).containsExactly("/api");
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT-1S", "P36501D"})
    void theResponseTimeoutIsLongerThanZeroAndShorterThanACentury(Duration timeout) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.responseTimeout(timeout))
                .withMessageContaining("response timeout " + timeout);
    }

    @Test
    void theCanonicalHostIsOneOfTheHosts() {
        options.host("example.com").host("*.example.org");

        assertThat(options.canonicalHost("Example.com.").build().canonicalHost())
                .contains("example.com");
        assertThat(options.canonicalHost("www.example.org").build().canonicalHost())
                .contains("www.example.org");
    }

    @ParameterizedTest
    @ValueSource(strings = {"example.net", "www.example.com", "example.org", "a.b.example.org", "*.example.org"})
    void whatIsNoneOfTheHostsIsNoCanonicalHost(String canonical) {
        options.host("example.com").host("*.example.org").canonicalHost(canonical);

        assertThatIllegalArgumentException()
                .isThrownBy(options::build)
                .withMessageContaining("canonical host \"" + canonical + "\"")
                .withMessageContaining("[example.com, *.example.org]");
    }

    @Test
    void aServiceWithoutHostsHasNoCanonicalHost() {
        assertThatIllegalArgumentException()
                .isThrownBy(options.canonicalHost("example.com")::build)
                .withMessageContaining("\"example.com\"");
    }

    @Test
    void aServiceOnOtherPathsThanTheRootHasNoTlsOfItsOwn() {
        assertThatIllegalArgumentException()
                .isThrownBy(options.pathPrefix("/api").pathPrefix("/v2").tls(true)::build)
                .withMessageContaining("[/api, /v2]");
        assertThat(options.pathPrefix("/").build().tls()).isTrue();
    }

    @Test
    void norACanonicalHost() {
        assertThatIllegalArgumentException()
                .isThrownBy(
                        options.host("example.com").canonicalHost("example.com").pathPrefix("/api")::build)
                .withMessageContaining("[/api]");
    }

    @Test
    void whatWasBuiltDoesNotChangeWithItsBuilder() {
        ServiceOptions built = options.host("example.com").pathPrefix("/api").build();

        options.host("example.org").pathPrefix("/").tls(true);

        assertThat(built.hosts()).containsExactly("example.com");
        assertThat(built.pathPrefixes()).containsExactly("/api");
        assertThat(built.tls()).isFalse();
    }
}
