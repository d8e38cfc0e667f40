package dev.gapless.proxy.engine;

import dev.gapless.proxy.ServiceOptions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

final class PathRoutingTest {
    private final EngineFixture proxy = new EngineFixture();

    private static ServiceOptions.Builder prefixes(String... prefixes) {
        ServiceOptions.Builder options = ServiceOptions.builder();
        for (String prefix : prefixes) {
            options.pathPrefix(prefix);
        }
        return options;
    }

    private String route(String path) {
        return proxy.route("http://example.com" + path);
    }

    @ParameterizedTest
    @CsvSource({
        "/, root /",
        "/x, root /x",
        "/api, api /",
        "/api/, api /",
        "/api/x, api /x",
        "/api/x/, api /x/",
        "/api//x, api //x",
        "/api2, root /api2",
        "/apix/v2, root /apix/v2",
        "/API/x, root /API/x",
        "/api/v2, v2 /",
        "/api/v2/x, v2 /x",
        "/api/v22, api /v22",
        "/api-v2/v2, root /api-v2/v2",
        "//api/x, root //api/x"
    })
    void theLongestPrefixWinsOnSegmentBoundaries(String path, String outcome) {
        proxy.serve("root", prefixes("/"));
        proxy.serve("v2", prefixes("/api/v2"));
        proxy.serve("api", prefixes("/api"));

        assertThat(route(path)).isEqualTo(outcome);
    }

    @Test
    void aPathThatNoPrefixTakesIsNotFound() {
        proxy.serve("api", prefixes("/api", "/assets"));

        assertThat(route("/")).isEqualTo("404");
        assertThat(route("/ap")).isEqualTo("404");
        assertThat(route("/api2")).isEqualTo("404");
        assertThat(route("/zoo")).isEqualTo("404");
        assertThat(route("/assets/logo.svg")).isEqualTo("api /logo.svg");
    }

    @Test
    void aPrefixMayEndWithASlashThatCountsForNothing() {
        proxy.serve("api", prefixes("/api/"));

        assertThat(route("/api")).isEqualTo("api /");
        assertThat(route("/api/x")).isEqualTo("api /x");
        assertThat(route("/api2")).isEqualTo("404");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api", "/api/", "/api/x", "/api/a%2Fb", "/%61pi/x", "/api/x/../y"})
    void thePrefixStaysIfTheServiceWantsIt(String path) {
        proxy.serve("api", prefixes("/api").stripPathPrefix(false));

        assertThat(route(path)).isEqualTo("api " + path);
    }

    @Test
    void anAsteriskIsForTheServiceOfTheRootAndStaysOne() {
        proxy.serve("api", prefixes("/api"));
        assertThat(Request.reason(decide("*"))).isEqualTo(Decision.Reason.NOT_FOUND);

        proxy.serve("root", prefixes("/"));
        Decision.Forward forward = (Decision.Forward) decide("*");
        assertThat(forward.service().name()).isEqualTo("root");
        assertThat(forward.path()).isEqualTo("*");
    }

    @Test
    void aPathThatIsNoneIsNotFound() {
        proxy.serve("root", prefixes("/"));

        assertThat(Request.reason(decide(""))).isEqualTo(Decision.Reason.NOT_FOUND);
        assertThat(Request.reason(decide("x"))).isEqualTo(Decision.Reason.NOT_FOUND);
        assertThat(Request.reason(decide("example.com:443"))).isEqualTo(Decision.Reason.NOT_FOUND);
    }

    private Decision decide(String path) {
        return proxy.engine.decide(new Request("GET", false, "example.com", path, null, Map.of()), new Attempts());
    }

    @ParameterizedTest
    @CsvSource({
        "/%61pi/x, api /x",
        "/%61%70%69, api /",
        "/api%2Fx, root /api%2Fx",
        "/api/a%2Fb, api /a%2Fb",
        "/api/a%2fb%C3%a4, api /a%2fb%C3%a4",
        "/api/%61%20%zz%, api /%61%20%zz%",
        "/ap%69%2Fv2/x, root /ap%69%2Fv2/x",
        "/api/%76%32/%78, v2 /%78",
        "/api/v%32;a=1/x, api /v%32;a=1/x",
        "/api%00/x, root /api%00/x",
        "/%2561pi/x, root /%2561pi/x"
    })
    void aPrefixIsComparedWithTheDecodedPathAndTheRestIsTheClientsOwn(String path, String outcome) {
        proxy.serve("root", prefixes("/"));
        proxy.serve("api", prefixes("/api"));
        proxy.serve("v2", prefixes("/api/v2"));

        assertThat(route(path)).isEqualTo(outcome);
    }

    @ParameterizedTest
    @CsvSource({
        "/bücher/x, shop /x",
        "/b%C3%BCcher/x, shop /x",
        "/b%c3%bccher/%C3%A4, shop /%C3%A4",
        "/bücher, shop /",
        "/b%C3%BCche, 404",
        "/b%FCcher, 404",
        "/bücher/ä/%20, shop /ä/%20",
        "/%F0%9F%98%80/x, smile /x",
        "/😀/x/😀, smile /x/😀",
        "/a b/x, space /x",
        "/a%20b/x, space /x"
    })
    void aPrefixMayHaveAnyCharacters(String path, String outcome) {
        proxy.serve("shop", prefixes("/bücher"));
        proxy.serve("smile", prefixes("/😀"));
        proxy.serve("space", prefixes("/a b"));

        assertThat(route(path)).isEqualTo(outcome);
    }

    @Test
    void digitsOfOtherScriptsEncodeNothing() {
        proxy.serve("api", prefixes("/api"));

        assertThat(route("/%６１pi/x")).isEqualTo("404");
    }
}
