package dev.gapless.proxy.engine;

import dev.gapless.proxy.ServiceOptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Paths whose dot segments lead out of the prefix that they matched, for one reading or another. */
final class EscapingPathTest {
    private final EngineFixture proxy = new EngineFixture();

    @BeforeEach
    void serve() {
        proxy.serve("root", ServiceOptions.builder());
        proxy.serve("api", ServiceOptions.builder().pathPrefix("/api"));
    }

    private String route(String path) {
        return proxy.route("http://example.com" + path);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/..",
                "/api/../",
                "/api/../admin",
                "/api/x/../../admin",
                "/api/./../admin",
                "/api/../api/x",
                "/api//../admin",
                "/%61pi/../admin",
                "/api/x/y/../../../z"
            })
    void dotSegmentsMayNotLeadOutOfThePrefix(String path) {
        assertThat(route(path)).isEqualTo("400");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/%2e%2e/admin",
                "/api/.%2E/admin",
                "/api/%2e./admin",
                "/api/..%2fadmin",
                "/api/..%2Fadmin",
                "/api/%2e%2e%2fadmin",
                "/api/x%2f..%2f..%2fadmin",
                "/api/x/%2e%2e/%2e%2e",
                "/api/%2e/%2e%2e"
            })
    void norEncodedOnes(String path) {
        assertThat(route(path)).isEqualTo("400");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/..;x/admin",
                "/api/..;/admin",
                "/api/%2e%2e;jsessionid=1/admin",
                "/api/..%3bx/admin",
                "/api/.;a/..;b/admin",
                "/api/;x/../admin"
            })
    void norOnesWithParameters(String path) {
        assertThat(route(path)).isEqualTo("400");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/..\\admin",
                "/api/..%5cadmin",
                "/api/..%5Cadmin",
                "/api/x\\..\\..\\admin",
                "/api/x%5c..%5c..%5cadmin",
                "/api\\..\\..\\admin"
            })
    void norOnesBetweenBackslashes(String path) {
        assertThat(route(path)).isEqualTo("400");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/a%2Fb/../../admin",
                "/api/a%2Fb%2Fc/../../admin",
                "/api/a%5Cb/../../admin",
                "/api/a\\b/../../admin",
                "/api/a%2F/../../admin",
                "/api/a%2Fb%5C..%5C../../admin"
            })
    void anEncodedSlashOrABackslashMayBePartOfASegmentToo(String path) {
        assertThat(route(path)).isEqualTo("400");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/..", "/../x", "/%2e%2e/x", "/x/../../y", "/api2/../..", "/api%2F..%2F..%2Fx"})
    void norMayTheyLeadOutOfTheRoot(String path) {
        assertThat(route(path)).isEqualTo("400");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/.",
                "/api/./x",
                "/api/x/..",
                "/api/x/../y",
                "/api/x/%2e%2e/y",
                "/api/a/b/../../c",
                "/api/...",
                "/api/.../x",
                "/api/..x",
                "/api/x..",
                "/api/.x",
                "/api/.well-known/x",
                "/api/x;../y",
                "/api/x/..;y",
                "/api/a%2Fb/..",
                "/api/a%2F..",
                "/api/..%20",
                "/api/%25",
                "/api/a\\b"
            })
    void otherwiseThePathIsForwardedAsTheClientSentIt(String path) {
        assertThat(route(path)).isEqualTo("api " + path.substring("/api".length()));
    }

    @Test
    void whatIsEncodedTwiceIsNoSlashAndNoDotSegment() {
        assertThat(route("/api/..%252Fadmin")).isEqualTo("api /..%252Fadmin");
        assertThat(route("/api/..%252fadmin")).isEqualTo("api /..%252fadmin");
        assertThat(route("/api/%252e%252e/admin")).isEqualTo("api /%252e%252e/admin");
    }

    @Test
    void aServiceThatKeepsItsPrefixIsNotLeftEither() {
        proxy.serve("blog", ServiceOptions.builder().pathPrefix("/blog").stripPathPrefix(false));

        assertThat(route("/blog/x/../y")).isEqualTo("blog /blog/x/../y");
        assertThat(route("/blog/../admin")).isEqualTo("400");
    }

    @Test
    void aPrefixThatBeginsLaterInThePathIsNotMatched() {
        assertThat(route("/x/../api/y")).isEqualTo("root /x/../api/y");
    }
}
