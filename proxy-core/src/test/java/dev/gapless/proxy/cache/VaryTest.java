package dev.gapless.proxy.cache;

import dev.gapless.proxy.CacheOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Which of several responses a request selects: RFC 9111, sections 2 and 4.1, and what must not be taken for the same. */
final class VaryTest {
    private final CacheFixture proxy = new CacheFixture();

    @ParameterizedTest(name = "{0}: Vary: {1}, {2}, then {3}: {4}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "the same                | Foo           | Foo: 1                   | Foo: 1                  | hit",
                "another                 | Foo           | Foo: 1                   | Foo: 2                  | fwd=vary-miss",
                "none                    | Foo           | Foo: 1                   |                         | fwd=vary-miss",
                "none before             | Foo           |                          | Foo: 1                  | fwd=vary-miss",
                "none both times         | Foo           |                          | Bar: 1                  | hit",
                "empty is not none       | Foo           | Foo: ``                  |                         | fwd=vary-miss",
                "what is not named       | Foo           | Foo: 1 // Bar: 1         | Foo: 1 // Bar: 2        | hit",
                "names in any case       | fOO           | Foo: 1                   | foO: 1                  | hit",
                "values are not          | Foo           | Foo: a                   | Foo: A                  | fwd=vary-miss",
                "two names, the same     | Foo, Bar      | Foo: 1 // Bar: 2         | Bar: 2 // Foo: 1        | hit",
                "two names, one differs  | Foo, Bar      | Foo: 1 // Bar: 2         | Foo: 1 // Bar: 3        | fwd=vary-miss",
                "two names, exchanged    | Foo, Bar      | Foo: 1 // Bar: 2         | Foo: 2 // Bar: 1        | fwd=vary-miss",
                "two fields              | Foo // Vary: Bar | Foo: 1 // Bar: 2      | Foo: 1 // Bar: 3        | fwd=vary-miss",
                "an empty name           | , Foo ,       | Foo: 1                   | Foo: 2                  | fwd=vary-miss",
                "blanks in lists         | Foo           | Foo: 1,2                 | Foo: 1 ,   2            | hit",
                "but not in quotes       | Foo           | Foo: \"1,2\", 3          | Foo: \"1, 2\", 3        | fwd=vary-miss",
                "nor in cookies          | Cookie        | Cookie: a=1,2            | Cookie: a=1, 2          | fwd=vary-miss",
                "the order of a list     | Foo           | Foo: 1, 2                | Foo: 2, 1               | fwd=vary-miss"
            })
    void aRequestSelectsWhatWasAskedForInTheSameWay(
            String rule, String vary, String first, String second, String outcome) {
        proxy.exchange(first, 200, "Cache-Control: max-age=60 // Vary: " + vary);
        assertThat(proxy.outcome(second)).as(rule).isEqualTo(outcome);
    }

    @Test
    void variantsAreStoredBesideEachOther() {
        store("Foo: 1", "one");
        store("Foo: 2", "two");
        assertThat(text("Foo: 1")).isEqualTo("one");
        assertThat(text("Foo: 2")).isEqualTo("two");
    }

    /** A field may be long, and is read from its beginning to its end. */
    @Test
    void aRequestIsReadOnceHoweverManyVariantsThereAre() {
        for (int i = 0; i < Variants.MOST; i++) {
            store("Foo: " + i, "body");
        }
        CacheRequest request = CountingRequest.of(proxy.request("GET", CacheFixture.URL, "Foo: 0"));

        assertThat(CacheFixture.text(CacheFixture.answer(proxy.decide(request))))
                .isEqualTo("body");

        assertThat(CountingRequest.timesRead(request, "Foo")).isEqualTo(1);
    }

    /** And not while others wait for the key in the store. */
    @Test
    void norDoesA304HaveItReadForEachOfThem() {
        for (int i = 0; i < Variants.MOST; i++) {
            proxy.exchange("Foo: " + i, 200, "Cache-Control: max-age=60 // Vary: Foo // ETag: \"a\"");
        }
        proxy.pass(100);
        CacheRequest request = CountingRequest.of(proxy.request("GET", CacheFixture.URL, "Foo: 0"));
        Fill fill = proxy.ask(request);
        CountingRequest.timesRead(request, "Foo");

        proxy.respond(fill, 304, "Cache-Control: max-age=60 // ETag: \"a\"");

        assertThat(CountingRequest.timesRead(request, "Foo")).isEqualTo(1);
        assertThat(proxy.outcome("Foo: 0")).isEqualTo("hit");
        assertThat(proxy.outcome("Foo: 1")).isEqualTo("fwd=stale");
    }

    private void store(String request, String body) {
        proxy.exchange(
                proxy.request("GET", CacheFixture.URL, request), 200, "Cache-Control: max-age=60 // Vary: Foo", body);
    }

    private String text(String request) {
        return CacheFixture.text(CacheFixture.answer(proxy.decide(proxy.request("GET", CacheFixture.URL, request))));
    }

    @Test
    void ofSeveralThatFitTheNewestIsSelected() {
        proxy.exchange(
                proxy.request("GET", CacheFixture.URL, "Foo: 1 // Cache-Control: no-cache"),
                200,
                "Cache-Control: max-age=60 // Date: {0}",
                "new");
        proxy.exchange(
                proxy.request("GET", CacheFixture.URL, "Foo: 1 // Cache-Control: no-cache"),
                200,
                "Cache-Control: max-age=60 // Date: {-5} // Vary: Foo",
                "old");
        assertThat(text("Foo: 1")).isEqualTo("new");
    }

    @Test
    void aUrlHasABoundedNumberOfVariants() {
        for (int i = 0; i < 100; i++) {
            store("Foo: " + i, "body " + i);
        }
        assertThat(text("Foo: 99")).isEqualTo("body 99");
        assertThat(proxy.outcome("Foo: 1")).isEqualTo("fwd=vary-miss");
        assertThat(proxy.cache
                        .stored(proxy.request("GET", CacheFixture.URL, "").key())
                        .responses())
                .hasSize(Variants.MOST);
    }

    @ParameterizedTest(name = "{0} is not {1}")
    @CsvSource({
        "http://example.com/a%2Fb,         http://example.com/a/b",
        "http://example.com/a%2Fb,         http://example.com/a%2fb",
        "http://example.com/%61,           http://example.com/a",
        "http://example.com/a,             http://example.com/A",
        "http://example.com/a,             http://example.com/a/",
        "http://example.com/a//b,          http://example.com/a/b",
        "http://example.com/a;x=1,         http://example.com/a;x=2",
        "http://example.com/a;x=1,         http://example.com/a",
        "http://example.com/a?,            http://example.com/a",
        "http://example.com/a?x=1;y=2,     http://example.com/a?x=1&y=2",
        "http://example.com/a?x=1&y=2,     http://example.com/a?y=2&x=1",
        "http://example.com/a?x=1&x=2,     http://example.com/a?x=1",
        "http://example.com/a?utm=1,       http://example.com/a?utm=2",
        "http://example.com/a,             https://example.com/a",
        "http://example.com/a,             http://example.com:8080/a",
        "http://example.com/a,             http://EXAMPLE.com/a",
        "http://example.com/a,             http://example.com./a",
        // The same hash code.
        "http://example.com/Aa,            http://example.com/BB"
    })
    void whatATargetMayTellApartIsStoredApart(String one, String other) {
        proxy.exchange(proxy.request("GET", one, ""), 200, "Cache-Control: max-age=60", "one");
        assertThat(proxy.outcome(proxy.request("GET", other, ""))).isEqualTo("fwd=uri-miss");
        assertThat(proxy.outcome(proxy.request("GET", one, ""))).isEqualTo("hit");
    }

    @Test
    void aServiceGetsNothingThatAnotherHasStored() {
        proxy.exchange("", 200, "Cache-Control: max-age=60");
        CacheRequest shop = proxy.request("GET", CacheFixture.URL, "");
        CacheKey blog = CacheKey.of("blog", "http", "example.com", "/page", null);
        assertThat(proxy.outcome(new CacheRequest(shop.head(), blog, shop.options(), 1)))
                .isEqualTo("fwd=uri-miss");
    }

    @ParameterizedTest
    @CsvSource({
        "X-Forwarded-Host: evil.example",
        "X-Original-URL: /admin",
        "X-Rewrite-URL: /admin",
        "X-HTTP-Method-Override: POST",
        "Forwarded: host=evil.example"
    })
    void whatFrameworksTakeForTheUrlTellsResponsesApart(String poison) {
        proxy.exchange(poison, 200, "Cache-Control: max-age=60");
        assertThat(proxy.outcome("")).isEqualTo("fwd=vary-miss");
        assertThat(proxy.outcome(poison)).isEqualTo("hit");
    }

    @Test
    void andSoDoesWhatTheOptionsName() {
        proxy.with(CacheOptions.builder().keyHeader("X-Tenant"));
        proxy.exchange("X-Tenant: a", 200, "Cache-Control: max-age=60");
        assertThat(proxy.outcome("X-Tenant: b")).isEqualTo("fwd=vary-miss");
        assertThat(proxy.outcome("x-tenant: a")).isEqualTo("hit");
    }
}
