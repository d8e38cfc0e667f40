package dev.gapless.proxy.cache;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Asking the target whether what is stored is still right: RFC 9111, sections 3.2 and 4.3. */
final class ValidationTest {
    private static final String STALE = "Cache-Control: max-age=10 // X-A: old // X-B: old // ";

    private final CacheFixture proxy = new CacheFixture();

    private Fill revalidate(String fields, String request) {
        proxy.exchange("", 200, fields);
        proxy.pass(20);
        return proxy.ask(proxy.request("GET", CacheFixture.URL, request));
    }

    @ParameterizedTest(name = "{0} is asked with {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "ETag: \"a\"                              | If-None-Match: \"a\"",
                "ETag: W/\"a\"                            | If-None-Match: W/\"a\"",
                "Last-Modified: {-500}                    | If-Modified-Since: {-520}",
                "ETag: \"a\" // Last-Modified: {-500}     | If-None-Match: \"a\" // If-Modified-Since: {-520}"
            })
    void theTargetIsAskedWithTheValidatorsOfWhatIsStored(String fields, String conditions) {
        Fill fill = revalidate(STALE + fields, "If-None-Match: \"client's\"");
        assertThat(fill.omitted()).containsExactly("If-None-Match", "If-Modified-Since");
        assertThat(fill.conditions()).isEqualTo(proxy.fields(conditions));
    }

    @Test
    void withoutAnyTheClientsOwnAreSent() {
        Fill fill = revalidate(STALE + "Cache-Control: stale-if-error=60", "If-None-Match: \"client's\"");
        assertThat(fill.omitted()).isEmpty();
        assertThat(fill.conditions()).isEmpty();
    }

    @Test
    void a304MakesTheStoredResponseFreshAndUpdatesItsFields() {
        Fill fill = revalidate(STALE + "ETag: \"a\"", "");
        FillStep step = proxy.respond(fill, 304, "Cache-Control: max-age=30 // ETag: \"a\" // X-A: new // Date: {0}");
        assertThat(step).isInstanceOf(FillStep.Answer.class);
        CacheAnswer first = CacheFixture.answer(step);
        assertThat(first.status()).isEqualTo(200);
        assertThat(CacheFixture.text(first)).isEqualTo("body");
        assertThat(CacheFixture.status(first.added())).isEqualTo("fwd=stale; fwd-status=304");
        proxy.pass(29);
        CacheAnswer later = CacheFixture.answer(proxy.decide(proxy.request("GET", CacheFixture.URL, "")));
        for (CacheAnswer answer : new CacheAnswer[] {first, later}) {
            assertThat(CacheFixture.value(answer.fields(), "X-A")).isEqualTo("new");
            assertThat(CacheFixture.value(answer.fields(), "X-B")).isEqualTo("old");
        }
        assertThat(CacheFixture.value(later.added(), "Age")).isEqualTo("29");
    }

    @ParameterizedTest(name = "{0}: {1} becomes {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "3.2 any field         | X-Test           | new",
                "3.2 the type          | Content-Type     | new",
                "3.2 the location      | Content-Location | new",
                "3.2 the policy        | Content-Security-Policy | new",
                "3.2 not the length    | Content-Length   | 4",
                "3.2 not the encoding  | Content-Encoding | old",
                "3.2 not the range     | Content-Range    | none",
                "3.1 not of connections| Keep-Alive       | none"
            })
    void a304UpdatesAllThatDoesNotBelongToTheBody(String rule, String name, String value) {
        String stored = name.equals("Content-Length") ? "" : " // " + name + ": old";
        stored = value.equals("none") ? "" : stored;
        Fill fill = revalidate(STALE + "ETag: \"a\"" + stored, "");
        CacheAnswer answer = CacheFixture.answer(proxy.respond(fill, 304, "ETag: \"a\" // " + name + ": new"));
        assertThat(CacheFixture.value(answer.fields(), name)).as(rule).isEqualTo(value);
    }

    @ParameterizedTest(name = "{0}: stored with {1}, 304 with {2}: {3}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "4.3.4 the same strong tag  | ETag: \"a\"                    | ETag: \"a\"               | updated",
                "4.3.4 another strong tag   | ETag: \"a\"                    | ETag: \"b\"               | asked again",
                "4.3.4 the same weak tag    | ETag: W/\"a\"                  | ETag: W/\"a\"             | updated",
                "4.3.4 another weak tag     | ETag: W/\"a\"                  | ETag: W/\"b\"             | asked again",
                "4.3.4 the same date        | Last-Modified: {-50}           | Last-Modified: {-70}      | updated",
                "4.3.4 another date         | Last-Modified: {-50}           | Last-Modified: {-10}      | asked again",
                "4.3.4 no validator         | ETag: \"a\"                    | X-A: 1                    | updated",
                "4.3.4 a tag only now       | Last-Modified: {-50}           | ETag: \"b\"               | updated"
            })
    void a304IsOnlyOfWhatItNames(String rule, String stored, String told, String outcome) {
        Fill fill = revalidate(STALE + stored, "");
        FillStep step = proxy.respond(fill, 304, "Cache-Control: max-age=30 // " + told);
        assertThat(step instanceof FillStep.Repeat ? "asked again" : "updated")
                .as(rule)
                .isEqualTo(outcome);
    }

    @Test
    void aTargetThatChangesItsMindIsAskedAgainWithoutConditions() {
        Fill fill = revalidate(STALE + "ETag: \"a\"", "");
        assertThat(proxy.respond(fill, 304, "ETag: \"b\"")).isInstanceOf(FillStep.Repeat.class);
        assertThat(fill.conditions()).isEmpty();
        assertThat(fill.omitted()).contains("If-None-Match");
        FillStep step = proxy.respond(fill, 200, "Cache-Control: max-age=30 // ETag: \"b\"");
        CacheFixture.append(fill, "new body");
        fill.complete(proxy.now());
        assertThat(CacheFixture.text(CacheFixture.answer(step))).isEqualTo("new body");
        assertThat(proxy.outcome("")).isEqualTo("hit");
    }

    @Test
    void allThatHaveTheStrongTagAndFitAreUpdated() {
        proxy.exchange("Foo: 1 // Cache-Control: no-cache", 200, "Cache-Control: max-age=10 // ETag: \"a\" // X-A: 1");
        proxy.pass(1);
        proxy.exchange(
                "Foo: 1 // Cache-Control: no-cache",
                200,
                "Cache-Control: max-age=10 // ETag: \"a\" // X-A: 1 // Vary: Foo");
        proxy.pass(20);
        Fill fill = proxy.ask(proxy.request("GET", CacheFixture.URL, "Foo: 1"));
        proxy.respond(fill, 304, "Cache-Control: max-age=30 // ETag: \"a\" // X-A: 2");
        assertThat(proxy.cache.stored(fill.request().key()).responses())
                .hasSize(2)
                .allSatisfy(response -> assertThat(response.head().first("X-A")).isEqualTo("2"));
    }

    @Test
    void aFullResponseTakesThePlaceOfTheStoredOne() {
        Fill fill = revalidate(STALE + "ETag: \"a\"", "");
        FillStep step = proxy.respond(fill, 200, "Cache-Control: max-age=30 // ETag: \"b\"");
        CacheFixture.append(fill, "new body");
        fill.complete(proxy.now());
        assertThat(CacheFixture.status(CacheFixture.answer(step).added())).isEqualTo("fwd=stale; stored");
        CacheAnswer later = CacheFixture.answer(proxy.decide(proxy.request("GET", CacheFixture.URL, "")));
        assertThat(CacheFixture.text(later)).isEqualTo("new body");
    }

    @Test
    void aFullResponseThatIsNotStoredEndsTheStoredOne() {
        Fill fill = revalidate(STALE + "ETag: \"a\"", "");
        assertThat(proxy.respond(fill, 200, "Cache-Control: no-store")).isInstanceOf(FillStep.Pass.class);
        assertThat(proxy.outcome("")).isEqualTo("fwd=uri-miss");
    }

    @Test
    void anErrorDoesNot() {
        Fill fill = revalidate(STALE + "ETag: \"a\"", "");
        assertThat(proxy.respond(fill, 503, "")).isInstanceOf(FillStep.Pass.class);
        assertThat(proxy.outcome("")).isEqualTo("fwd=stale");
    }

    @Test
    void a304ThatForbidsStoringEndsTheStoredOne() {
        Fill fill = revalidate(STALE + "ETag: \"a\"", "");
        FillStep step = proxy.respond(fill, 304, "Cache-Control: no-store // ETag: \"a\"");
        assertThat(CacheFixture.text(CacheFixture.answer(step))).isEqualTo("body");
        assertThat(proxy.outcome("")).isEqualTo("fwd=uri-miss");
    }

    @Test
    void a304ToTheClientsOwnConditionsIsTheClients() {
        Fill fill = proxy.ask(proxy.request("GET", CacheFixture.URL, "If-None-Match: \"a\""));
        assertThat(fill.omitted()).isEmpty();
        assertThat(proxy.respond(fill, 304, "ETag: \"a\" // Cache-Control: max-age=60"))
                .isInstanceOf(FillStep.Pass.class);
        assertThat(proxy.outcome("")).isEqualTo("fwd=uri-miss");
    }

    @ParameterizedTest(name = "the client has {0}, stored is \"a\", the target says {1}: {2}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"a\" | 304 | \"a\" | 304",
                "\"b\" | 304 | \"a\" | 200",
                "\"b\" | 200 | \"b\" | 304",
                "\"a\" | 200 | \"b\" | 200"
            })
    void theClientsConditionsAreJudgedByWhatComes(String client, int status, String tag, int answered) {
        Fill fill = revalidate(STALE + "ETag: \"a\"", "If-None-Match: " + client);
        FillStep step = proxy.respond(fill, status, "Cache-Control: max-age=30 // ETag: " + tag);
        assertThat(CacheFixture.answer(step).status()).isEqualTo(answered);
    }

    @ParameterizedTest(name = "{0}: a HEAD says {1} {2}: {3}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "4.3.5 the same             | 200 | ETag: \"a\" // Cache-Control: max-age=99 | hit",
                "4.3.5 the same length      | 200 | Content-Length: 4 // Cache-Control: max-age=99 | hit",
                "4.3.5 another tag          | 200 | ETag: \"b\" // Cache-Control: max-age=99 | fwd=uri-miss",
                "4.3.5 another length       | 200 | ETag: \"a\" // Content-Length: 5         | fwd=uri-miss",
                "4.3.5 another date         | 200 | Last-Modified: {0}                       | fwd=uri-miss",
                "4.3.5 gone                 | 410 |                                          | fwd=uri-miss",
                "4.3.5 an error             | 503 |                                          | fwd=stale",
                "4.3.5 not modified         | 304 | ETag: \"a\" // Cache-Control: max-age=99 | hit"
            })
    void aHeadUpdatesTheStoredResponseOrEndsIt(String rule, int status, String fields, String outcome) {
        proxy.exchange("", 200, STALE + "ETag: \"a\"");
        proxy.pass(20);
        Fill fill = proxy.ask(proxy.request("HEAD", CacheFixture.URL, ""));
        assertThat(fill.omitted()).containsExactly("If-None-Match", "If-Modified-Since");
        proxy.respond(fill, status, fields);
        proxy.pass(50);
        assertThat(proxy.outcome("")).as(rule).isEqualTo(outcome);
    }
}
