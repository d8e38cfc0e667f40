package dev.gapless.proxy.engine;

import dev.gapless.proxy.ServiceOptions;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

final class HostRoutingTest {
    private final EngineFixture proxy = new EngineFixture();

    private static ServiceOptions.Builder hosts(String... hosts) {
        ServiceOptions.Builder options = ServiceOptions.builder();
        for (String host : hosts) {
            options.host(host);
        }
        return options;
    }

    @ParameterizedTest
    @CsvSource({
        "app.example.com, exact",
        "other.example.com, wildcard",
        "example.com, any",
        "app.example.org, any",
        "localhost, any",
        "127.0.0.1, any"
    })
    void anExactHostComesBeforeAWildcardAndThatBeforeTheServiceWithoutHosts(String host, String service) {
        proxy.serve("any", hosts());
        proxy.serve("wildcard", hosts("*.example.com"));
        proxy.serve("exact", hosts("app.example.com"));

        assertThat(proxy.route("http://" + host + "/x")).isEqualTo(service + " /x");
    }

    @ParameterizedTest
    @ValueSource(strings = {"example.com", "a.b.example.com", ".example.com", "example.com.org", "xexample.com"})
    void aWildcardIsOneLabelNeverTheApexAndNeverTwo(String host) {
        proxy.serve("wildcard", hosts("*.example.com"));

        assertThat(proxy.route("http://" + host + "/")).isEqualTo("404");
    }

    @Test
    void aServiceMayHaveManyHosts() {
        proxy.serve("web", hosts("example.com", "www.example.com", "*.example.org"));

        assertThat(proxy.route("http://example.com/")).isEqualTo("web /");
        assertThat(proxy.route("http://www.example.com/")).isEqualTo("web /");
        assertThat(proxy.route("http://www.example.org/")).isEqualTo("web /");
        assertThat(proxy.route("http://example.org/")).isEqualTo("404");
    }

    @Test
    void anUnknownHostIsNotFound() {
        assertThat(proxy.route("http://example.com/")).isEqualTo("404");

        proxy.serve("web", hosts("example.com"));

        assertThat(proxy.route("http://example.org/")).isEqualTo("404");
    }

    @ParameterizedTest
    @CsvSource({
        "app.example.com, /api/x, exact /x",
        "app.example.com, /other, 404",
        "app.example.com, /, 404",
        "www.example.com, /blog, wildcard /",
        "www.example.com, /api, 404",
        "example.org, /api, any /api"
    })
    void theFirstHostLevelWithAnyRouteIsFinal(String host, String path, String outcome) {
        proxy.serve("exact", hosts("app.example.com").pathPrefix("/api"));
        proxy.serve("wildcard", hosts("*.example.com").pathPrefix("/blog"));
        proxy.serve("any", hosts());

        assertThat(proxy.route("http://" + host + path)).isEqualTo(outcome);
    }

    @Test
    void aHostLevelWhoseLastServiceIsRemovedIsFinalNoMore() {
        proxy.serve("exact", hosts("app.example.com").pathPrefix("/api"));
        proxy.serve("wildcard", hosts("*.example.com"));
        proxy.serve("any", hosts());

        proxy.engine.remove("exact", Duration.ZERO);
        assertThat(proxy.route("http://app.example.com/")).isEqualTo("wildcard /");

        proxy.engine.remove("wildcard", Duration.ZERO);
        assertThat(proxy.route("http://app.example.com/")).isEqualTo("any /");
    }

    @ParameterizedTest
    @ValueSource(strings = {"app.example.com", "APP.Example.COM", "app.example.com.", "App.Example.Com."})
    void hostsAreMatchedWithoutRegardToCaseOrATrailingDot(String host) {
        proxy.serve("lower", hosts("app.example.com"));
        assertThat(proxy.route("http://" + host + "/")).isEqualTo("lower /");

        proxy.engine.remove("lower", Duration.ZERO);
        proxy.serve("mixed", hosts("APP.example.COM."));
        assertThat(proxy.route("http://" + host + "/")).isEqualTo("mixed /");

        proxy.engine.remove("mixed", Duration.ZERO);
        proxy.serve("wildcard", hosts("*.Example.com"));
        assertThat(proxy.route("http://" + host + "/")).isEqualTo("wildcard /");
    }

    @ParameterizedTest
    @ValueSource(strings = {"bücher.example", "BÜCHER.Example.", "xn--bcher-kva.example", "XN--bcher-KVA.example"})
    void internationalisedHostsAreMatchedInEitherForm(String host) {
        proxy.serve("unicode", hosts("Bücher.example"));
        assertThat(proxy.route("http://" + host + "/")).isEqualTo("unicode /");

        proxy.engine.remove("unicode", Duration.ZERO);
        proxy.serve("ascii", hosts("xn--bcher-kva.example"));
        assertThat(proxy.route("http://" + host + "/")).isEqualTo("ascii /");
    }

    @Test
    void aWildcardMayBeInternationalised() {
        proxy.serve("web", hosts("*.bücher.example"));

        assertThat(proxy.route("http://käse.bücher.example/")).isEqualTo("web /");
        assertThat(proxy.route("http://www.xn--bcher-kva.example/")).isEqualTo("web /");
        assertThat(proxy.route("http://bücher.example/")).isEqualTo("404");
    }

    @Test
    void aHostMayBeAnAddress() {
        proxy.serve("v4", hosts("192.0.2.1"));
        proxy.serve("v6", hosts("[2001:DB8::1]"));

        assertThat(proxy.route("http://192.0.2.1/")).isEqualTo("v4 /");
        assertThat(proxy.route("http://[2001:db8::1]/")).isEqualTo("v6 /");
    }

    @Test
    void aRequestWithoutAHostGoesToTheServiceWithoutHosts() {
        proxy.serve("web", hosts("example.com"));
        assertThat(proxy.route("http:///x")).isEqualTo("404");

        proxy.serve("any", hosts());
        assertThat(proxy.route("http:///x")).isEqualTo("any /x");
        assertThat(proxy.route("http://./x")).isEqualTo("any /x");
    }

    @Test
    void aServiceDeployedAgainHasTheRoutesOfThatDeploymentOnly() {
        proxy.serve("web", hosts("example.com", "example.org").pathPrefix("/a"));

        proxy.serve("web", hosts("example.org", "example.net").pathPrefix("/b"));

        assertThat(proxy.route("http://example.com/a")).isEqualTo("404");
        assertThat(proxy.route("http://example.org/a")).isEqualTo("404");
        assertThat(proxy.route("http://example.org/b")).isEqualTo("web /");
        assertThat(proxy.route("http://example.net/b")).isEqualTo("web /");
    }

    @Test
    void whateverIsSentAsAHostIsMatchedWithoutAnException() {
        proxy.serve("any", hosts());
        proxy.serve("wildcard", hosts("*.example.com"));
        String characters = "ab.-_:*%[]\0 \u00e4\u00df\u0130\u212a\u3002\u200d\ud83d\ude00\ud800xn--1\u05d0";
        Random random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            StringBuilder host = new StringBuilder();
            for (int length = random.nextInt(80); length > 0; length--) {
                host.append(characters.charAt(random.nextInt(characters.length())));
            }
            Request request = new Request("GET", false, host.toString(), "/", null, Map.of());
            Decision decision = proxy.engine.decide(request, new Attempts());
            assertThat(decision).as(host.toString()).isInstanceOf(Decision.Forward.class);
            ((Decision.Forward) decision).lease().release();
        }
    }
}
