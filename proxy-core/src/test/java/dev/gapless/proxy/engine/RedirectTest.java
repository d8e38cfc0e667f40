package dev.gapless.proxy.engine;

import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

final class RedirectTest {
    private final EngineFixture proxy = new EngineFixture();

    private static ServiceOptions.Builder twoHosts() {
        return ServiceOptions.builder().host("example.com").host("www.example.com");
    }

    @ParameterizedTest
    @CsvSource({
        "http://example.com/, 301 https://example.com/",
        "http://www.example.com/, 301 https://example.com/",
        "https://www.example.com/, 301 https://example.com/",
        "https://example.com/, web /"
    })
    void schemeAndCanonicalHostAreSettledTogether(String uri, String outcome) {
        proxy.serve("web", twoHosts().tls(true).canonicalHost("example.com"));

        assertThat(proxy.route(uri)).isEqualTo(outcome);
    }

    @ParameterizedTest
    @CsvSource({
        "http://example.com/, 301 https://example.com/",
        "http://www.example.com/, 301 https://www.example.com/",
        "https://example.com/, web /",
        "https://www.example.com/, web /"
    })
    void withoutACanonicalHostOnlyTheSchemeIs(String uri, String outcome) {
        proxy.serve("web", twoHosts().tls(true));

        assertThat(proxy.route(uri)).isEqualTo(outcome);
    }

    @Test
    void aServiceWithTlsMayBeServedWithoutItToo() {
        proxy.serve("web", twoHosts().tls(true).redirectToHttps(false).canonicalHost("example.com"));

        assertThat(proxy.route("http://example.com/")).isEqualTo("web /");
        assertThat(proxy.route("https://example.com/")).isEqualTo("web /");
        assertThat(proxy.route("http://www.example.com/")).isEqualTo("301 http://example.com/");
        assertThat(proxy.route("https://www.example.com/")).isEqualTo("301 https://example.com/");
    }

    @Test
    void aServiceWithoutTlsRedirectsToItsCanonicalHostInTheClear() {
        proxy.serve("web", twoHosts().canonicalHost("www.example.com"));

        assertThat(proxy.route("http://www.example.com/")).isEqualTo("web /");
        assertThat(proxy.route("http://example.com/")).isEqualTo("301 http://www.example.com/");
    }

    @ParameterizedTest
    @CsvSource({
        "/a/b, /a/b",
        "/a%2Fb%20ä, /a%2Fb%20ä",
        "/a?b=c&d=%26, /a?b=c&d=%26",
        "/a?, /a?",
        "/?a?b, /?a?b",
        "//evil.example/, //evil.example/"
    })
    void pathAndQueryAreKeptByteForByte(String sent, String kept) {
        proxy.serve("web", twoHosts().tls(true));

        assertThat(proxy.route("http://example.com" + sent)).isEqualTo("301 https://example.com" + kept);
    }

    @Test
    void aRequestForTheServerAsAWholeIsRedirectedToTheRoot() {
        proxy.serve("web", twoHosts().tls(true));

        Decision decision =
                proxy.engine.decide(new Request("GET", false, "example.com", "*", null, Map.of()), new Attempts());

        assertThat(decision).isInstanceOf(Decision.Redirect.class);
        assertThat(((Decision.Redirect) decision).location()).isEqualTo("https://example.com/");
    }

    @Test
    void aRequestWithoutAHostThatWouldHaveToBeRedirectedIsMalformed() {
        proxy.serve("web", ServiceOptions.builder().tls(true));

        assertThat(proxy.route("http:///x")).isEqualTo("400");
        assertThat(proxy.route("https:///x")).isEqualTo("web /x");
    }

    @Test
    void theHostIsGivenInItsCanonicalForm() {
        proxy.serve("web", ServiceOptions.builder().tls(true));

        assertThat(proxy.route("http://WWW.Example.com./")).isEqualTo("301 https://www.example.com/");
        assertThat(proxy.route("http://bücher.example/")).isEqualTo("301 https://xn--bcher-kva.example/");
        assertThat(proxy.route("http://[2001:DB8::1]/")).isEqualTo("301 https://[2001:db8::1]/");
    }

    @Test
    void aSubPathTakesTlsAndCanonicalHostFromTheRootServiceOfItsHost() {
        proxy.serve("root", twoHosts().tls(true).canonicalHost("example.com"));
        proxy.serve("api", twoHosts().pathPrefix("/api"));

        assertThat(proxy.route("http://example.com/api/x")).isEqualTo("301 https://example.com/api/x");
        assertThat(proxy.route("http://www.example.com/api/x")).isEqualTo("301 https://example.com/api/x");
        assertThat(proxy.route("https://example.com/api/x")).isEqualTo("api /x");
    }

    @Test
    void inWhicheverOrderTheTwoAreDeployed() {
        proxy.serve("api", twoHosts().pathPrefix("/api"));
        assertThat(proxy.route("http://example.com/api")).isEqualTo("api /");
        assertThat(proxy.route("https://example.com/api")).isEqualTo("503");

        proxy.serve("root", twoHosts().tls(true));
        assertThat(proxy.route("http://example.com/api")).isEqualTo("301 https://example.com/api");
        assertThat(proxy.route("https://example.com/api")).isEqualTo("api /");

        proxy.serve("root", twoHosts());
        assertThat(proxy.route("http://example.com/api")).isEqualTo("api /");
        assertThat(proxy.route("https://example.com/api")).isEqualTo("503");
    }

    @Test
    void untilTheRootServiceIsRemoved() {
        proxy.serve("root", twoHosts().tls(true));
        proxy.serve("api", twoHosts().pathPrefix("/api"));

        proxy.engine.remove("root", Duration.ZERO);

        assertThat(proxy.route("http://example.com/api")).isEqualTo("api /");
        assertThat(proxy.route("https://example.com/api")).isEqualTo("503");
    }

    @Test
    void eachHostOfASubPathHasItsOwnRootService() {
        proxy.serve("secure", ServiceOptions.builder().host("example.com").tls(true));
        proxy.serve("plain", ServiceOptions.builder().host("www.example.com"));
        proxy.serve("api", twoHosts().pathPrefix("/api"));

        assertThat(proxy.route("http://example.com/api")).isEqualTo("301 https://example.com/api");
        assertThat(proxy.route("http://www.example.com/api")).isEqualTo("api /");
        assertThat(proxy.route("https://www.example.com/api")).isEqualTo("503");
    }
}
