package dev.gapless.proxy.jetty;

import dev.gapless.proxy.CacheOptions;
import dev.gapless.proxy.HeaderOptions;
import dev.gapless.proxy.ServiceOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Cookies and the cache, over sockets: whose they are, and who gets them (RFC 9111, section 7.3). */
class CachedCookiesTest extends CacheScaffold {
    /** Sets a cookie that says how often it has been asked. */
    private RawTarget.Answer setting(String control) {
        return (request, connection) -> connection.send(
                response(200, "for all", "Cache-Control: " + control, "Set-Cookie: visit=" + asked.get() + "; Path=/"));
    }

    private static ServiceOptions.Builder storingCookies() {
        return cached(CacheOptions.builder().storeCookies(true).build());
    }

    @Test
    void whoAsksGetsCookiesOfTheirOwn() throws Exception {
        serveCached(counting(setting("max-age=60")));

        RawMessage first = client().get("/");
        RawMessage second = client().get("/");

        assertThat(first.field("Set-Cookie")).isEqualTo("visit=1; Path=/");
        assertThat(first.field("Cache-Status")).isEqualTo("Gapless; fwd=uri-miss; detail=cookie");
        assertThat(second.field("Set-Cookie")).isEqualTo("visit=2; Path=/");
        assertThat(second.field("X-Cache")).isEqualTo("miss");
        assertThat(asked).hasValue(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"public, max-age=60", "s-maxage=60"})
    void aResponseThatIsForAllIsStoredWithItsCookies(String control) throws Exception {
        serveCached(counting(setting(control)));
        client().get("/");

        RawMessage hit = client().get("/");

        assertThat(hit.field("X-Cache")).isEqualTo("hit");
        assertThat(hit.all("Set-Cookie")).containsExactly("visit=1; Path=/");
        assertThat(asked).hasValue(1);
    }

    @Test
    void cookiesThatTheResponseKeepsFromOthersAreTheFirstClientsOnly() throws Exception {
        serveCached(counting(setting("max-age=60, private=\"Set-Cookie\"")));

        RawMessage first = client().get("/");
        RawMessage hit = client().get("/");

        assertThat(first.field("Set-Cookie")).isEqualTo("visit=1; Path=/");
        assertThat(hit.field("X-Cache")).isEqualTo("hit");
        assertThat(hit.text()).isEqualTo("for all");
        assertThat(hit.names()).doesNotContain("set-cookie");
        assertThat(asked).hasValue(1);
    }

    @Test
    void cookiesAreStoredIfTheOptionsSaySo() throws Exception {
        serveCached(
                counting((request, connection) -> connection.send(fresh("one", "Set-Cookie: a=1", "Set-Cookie: b=2"))),
                storingCookies().build());
        client().get("/");

        RawMessage hit = client().get("/");

        assertThat(hit.field("X-Cache")).isEqualTo("hit");
        assertThat(hit.all("Set-Cookie")).containsExactly("a=1", "b=2");
        assertThat(http2().get("/").fields().getValuesList("set-cookie")).containsExactly("a=1", "b=2");
        assertThat(asked).hasValue(1);
    }

    @Test
    void theCookieOfAValidationIsThatOfItsClientOnly() throws Exception {
        serveCached(counting((request, connection) -> connection.send(
                request.field("If-None-Match") == null
                        ? response(200, "for all", "Cache-Control: max-age=0", "ETag: \"v1\"")
                        : "HTTP/1.1 304 X\r\nETag: \"v1\"\r\nCache-Control: max-age=60\r\n" + "Set-Cookie: visit="
                                + asked.get() + "\r\n\r\n")));
        client().get("/");

        RawMessage second = client().get("/");
        RawMessage third = client().get("/", "If-None-Match: \"v1\"");

        assertThat(second.text()).isEqualTo("for all");
        assertThat(second.field("Set-Cookie")).isEqualTo("visit=2");
        assertThat(third.status()).isEqualTo(304);
        assertThat(third.field("Set-Cookie")).isEqualTo("visit=3");
        assertThat(asked).hasValue(3);
    }

    @Test
    void thePathsOfStoredCookiesGetThePrefixOfTheServiceOnce() throws Exception {
        serveCached(
                counting(setting("max-age=60")),
                storingCookies()
                        .pathPrefix("/api")
                        .headers(HeaderOptions.builder().scopeCookiePaths(true).build())
                        .build());

        RawMessage first = client().get("/api/");
        RawMessage hit = client().get("/api/");

        assertThat(first.field("Set-Cookie")).isEqualTo("visit=1; Path=/api");
        assertThat(hit.field("X-Cache")).isEqualTo("hit");
        assertThat(hit.field("Set-Cookie")).isEqualTo("visit=1; Path=/api");
    }

    /** What depends on them says so, by {@code Vary} or {@code private}. */
    @Test
    void requestsWithCookiesShareWhatDoesNotVaryOnThem() throws Exception {
        RawTarget target = serveCached(counting(fresh("one")));

        client().get("/", "Cookie: session=1");
        RawMessage hit = client().get("/", "Cookie: session=2");

        assertThat(target.taken().field("Cookie")).isEqualTo("session=1");
        assertThat(hit.field("X-Cache")).isEqualTo("hit");
        assertThat(client().get("/").field("X-Cache")).isEqualTo("hit");
        assertThat(asked).hasValue(1);
    }

    @Test
    void requestsWithDifferentCookiesShareNothingThatVariesOnThem() throws Exception {
        serveCached(counting(
                (request, connection) -> connection.send(fresh("of " + request.field("Cookie"), "Vary: Cookie"))));
        client().get("/", "Cookie: session=1");

        assertThat(client().get("/", "Cookie: session=2").text()).isEqualTo("of session=2");
        assertThat(client().get("/").text()).isEqualTo("of null");
        RawMessage hit = client().get("/", "Cookie: session=1");
        assertThat(hit.text()).isEqualTo("of session=1");
        assertThat(hit.field("X-Cache")).isEqualTo("hit");
        assertThat(asked).hasValue(3);
    }
}
