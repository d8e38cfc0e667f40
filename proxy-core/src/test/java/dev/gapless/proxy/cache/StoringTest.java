package dev.gapless.proxy.cache;

import dev.gapless.proxy.CacheOptions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Which responses are stored, and what of them: RFC 9111, section 3, a row for each requirement. */
final class StoringTest {
    private final CacheFixture proxy = new CacheFixture();

    @ParameterizedTest(name = "{0}: {1} and {2}, {3}: {4}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "3 explicit freshness          |                     | 200 | Cache-Control: max-age=60                       | stored",
                "3 any status, explicitly      |                     | 299 | Cache-Control: max-age=60                       | stored",
                "3 errors, explicitly          |                     | 503 | Cache-Control: max-age=60                       | stored",
                "3 redirects, explicitly       |                     | 302 | Cache-Control: max-age=60                       | stored",
                "3 nothing is said             |                     | 200 |                                                 | useless",
                "3 nothing but a validator     |                     | 200 | ETag: \"a\"                                     | useless",
                "3 public with a validator     |                     | 200 | Cache-Control: public // ETag: \"a\"            | stored",
                "3 stale, but can be validated |                     | 200 | Cache-Control: max-age=0 // ETag: \"a\"         | stored",
                "3 stale for good              |                     | 200 | Cache-Control: max-age=0                        | useless",
                "5.2.2.4 no-cache, a validator |                     | 200 | Cache-Control: no-cache // ETag: \"a\"          | stored",
                "5.2.2.4 no-cache, none        |                     | 200 | Cache-Control: no-cache, max-age=60             | useless",
                "5.2.2.5 no-store              |                     | 200 | Cache-Control: no-store                         | no-store",
                "5.2.2.5 no-store, any case    |                     | 200 | Cache-Control: max-age=60, nO-StOrE             | no-store",
                "5.2.2.5 no-store with a value |                     | 200 | Cache-Control: max-age=60, no-store=\"x\"       | no-store",
                "5.2.2.7 private               |                     | 200 | Cache-Control: max-age=60, private              | private",
                "5.2.2.7 private of a field    |                     | 200 | Cache-Control: max-age=60, private=\"X-User\"   | stored",
                "5.2.2.3 must-understand       |                     | 200 | Cache-Control: max-age=60, must-understand, no-store | stored",
                "5.2.2.3 not understood        |                     | 299 | Cache-Control: max-age=60, must-understand      | status",
                "3.3 a part                    |                     | 206 | Cache-Control: max-age=60                       | status",
                "3.5 Authorization             | Authorization: me   | 200 | Cache-Control: max-age=60                       | authorization",
                "3.5 Authorization, public     | Authorization: me   | 200 | Cache-Control: max-age=60, public               | stored",
                "3.5 Authorization, s-maxage   | Authorization: me   | 200 | Cache-Control: s-maxage=60                      | stored",
                "3.5 and must-revalidate       | Authorization: me   | 200 | Cache-Control: max-age=60, must-revalidate      | stored",
                "4.1 Vary: *                   |                     | 200 | Cache-Control: max-age=60 // Vary: *            | vary",
                "4.1 Vary: * in a list         |                     | 200 | Cache-Control: max-age=60 // Vary: Foo, *       | vary",
                "4.1 Vary: * in another field  |                     | 200 | Cache-Control: max-age=60 // Vary: Foo // Vary: * | vary",
                "4.1 Vary: * after nothing     |                     | 200 | Cache-Control: max-age=60 // Vary: , *          | vary",
                "4.1 what the proxy writes     |                     | 200 | Cache-Control: max-age=60 // Vary: X-Forwarded-For | vary",
                "7.3 a cookie                  |                     | 200 | Cache-Control: max-age=60 // Set-Cookie: a=b    | cookie",
                "7.3 a cookie for all          |                     | 200 | Cache-Control: max-age=60, public // Set-Cookie: a=b | stored",
                "7.3 a cookie that is left out |                     | 200 | Cache-Control: max-age=60, no-cache=\"Set-Cookie\" // Set-Cookie: a=b | stored",
                "7.3 a cookie in the request   | Cookie: a=b         | 200 | Cache-Control: max-age=60                       | stored",
                "5.2 a quote without an end    |                     | 200 | Cache-Control: max-age=60, private=\"a, no-store | malformed",
                "a stream                      |                     | 200 | Cache-Control: max-age=60 // Content-Type: text/event-stream | stream",
                "too large                     |                     | 200 | Cache-Control: max-age=60 // Content-Length: 1048577 | too-large",
                "5861, 3 stale for a while     |                     | 200 | Cache-Control: max-age=0, stale-while-revalidate=9 | stored"
            })
    void aResponseIsStoredIfItMayBeAndIsWorthIt(
            String rule, String request, int status, String fields, String verdict) {
        Fill fill = proxy.ask(proxy.request("GET", CacheFixture.URL, request));
        FillStep step = proxy.respond(fill, status, fields);
        List<Field> added = step instanceof FillStep.Pass pass
                ? pass.added()
                : CacheFixture.answer(step).added();
        fill.close(proxy.now());
        assertThat(CacheFixture.status(added).replace("detail=", "")).as(rule).isEqualTo("fwd=uri-miss; " + verdict);
    }

    @ParameterizedTest(name = "{0} of what is {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "POST   | fwd=method",
                "PUT    | fwd=method",
                "DELETE | fwd=method",
                "OPTIONS| fwd=method",
                "FOO    | fwd=method",
                "GET    | hit",
                "HEAD   | hit"
            })
    void onlyGetAndHeadAreAnsweredFromTheStore(String method, String outcome) {
        proxy.exchange("", 200, "Cache-Control: max-age=60");
        assertThat(proxy.outcome(proxy.request(method, CacheFixture.URL, ""))).isEqualTo(outcome);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "If-Match: \"a\"",
                "If-Unmodified-Since: {0}",
                "Upgrade: websocket",
                "Content-Length: 3",
                "Transfer-Encoding: chunked",
                "Cache-Control: no-store"
            })
    void aRequestThatOnlyTheTargetCanAnswerGoesPast(String fields) {
        proxy.exchange("", 200, "Cache-Control: max-age=60");
        assertThat(proxy.outcome(fields)).isEqualTo("fwd=bypass");
    }

    @Test
    void whatBelongsToAConnectionOrAUserIsNotStored() {
        proxy.exchange(
                "",
                200,
                "Cache-Control: max-age=60, no-cache=\"X-A, x-b\", private=X-C // Connection: X-D // X-A: 1 // X-B: 1"
                        + " // X-C: 1 // X-D: 1 // X-E: 1 // Transfer-Encoding: chunked // Proxy-Authenticate: a"
                        + " // Keep-Alive: 1 // X-Cache: from elsewhere");
        CacheAnswer answer = CacheFixture.answer(proxy.decide(proxy.request("GET", CacheFixture.URL, "")));
        assertThat(answer.fields())
                .extracting(Field::name)
                .containsExactlyInAnyOrder("Cache-Control", "X-E", "Date", "Content-Length");
    }

    @Test
    void cookiesAreStoredIfTheOptionsSaySo() {
        proxy.with(CacheOptions.builder().storeCookies(true));
        proxy.exchange("", 200, "Cache-Control: max-age=60 // Set-Cookie: a=b");
        CacheAnswer answer = CacheFixture.answer(proxy.decide(proxy.request("GET", CacheFixture.URL, "")));
        assertThat(CacheFixture.value(answer.fields(), "Set-Cookie")).isEqualTo("a=b");
    }

    @Test
    void theClientThatAskedGetsWhatIsNotStoredToo() {
        FillStep step = proxy.exchange("", 200, "Cache-Control: max-age=60, no-cache=\"X-A\" // X-A: 1");
        assertThat(CacheFixture.value(CacheFixture.answer(step).fields(), "X-A"))
                .isEqualTo("1");
    }

    @Test
    void anAnswerSaysHowOldItIsAndWhereItIsFrom() {
        proxy.exchange("", 200, "Cache-Control: max-age=60 // Age: 7 // Date: {-3}");
        proxy.pass(10);
        CacheAnswer answer = CacheFixture.answer(proxy.decide(proxy.request("GET", CacheFixture.URL, "")));
        assertThat(answer.added())
                .containsExactly(
                        new Field("Age", "17"),
                        new Field("Cache-Status", "Gapless; hit; ttl=43"),
                        new Field("X-Cache", "hit"));
        assertThat(CacheFixture.text(answer)).isEqualTo("body");
        assertThat(answer.stored()).isNotNull();
    }

    @Test
    void theTargetsDelayCountsAsAge() {
        Fill fill = proxy.ask(proxy.request("GET", CacheFixture.URL, ""));
        proxy.pass(20);
        proxy.respond(fill, 200, "Cache-Control: max-age=60 // Age: 5");
        fill.complete(proxy.now());
        CacheAnswer answer = CacheFixture.answer(proxy.decide(proxy.request("GET", CacheFixture.URL, "")));
        assertThat(CacheFixture.value(answer.added(), "Age")).isEqualTo("25");
    }
}
