package dev.gapless.proxy.cache;

import dev.gapless.proxy.CacheOnDeploy;
import dev.gapless.proxy.CacheOptions;
import dev.gapless.proxy.CachePurge;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** What a 304, or the head of a response, says to one client, and what others get of it. */
final class UpdateTest {
    private static final String STORED = "Cache-Control: max-age=10 // ETag: \"a\" // X-A: old";
    private static final String NEWS = "Cache-Control: max-age=60 // ETag: \"a\" // X-A: new";

    private final CacheFixture proxy = new CacheFixture();

    private CacheRequest request(String method, String fields) {
        return proxy.request(method, CacheFixture.URL, fields);
    }

    private Fill validate(String fields) {
        proxy.exchange("", 200, STORED);
        proxy.pass(20);
        return proxy.ask(request("GET", fields));
    }

    private ResponseHead stored() {
        return proxy.cache.stored(request("GET", "").key()).responses().get(0).head();
    }

    /** {@return all that a client is told, but of the cache} */
    private static List<Field> told(CacheAnswer answer) {
        List<Field> told = new ArrayList<>(answer.fields());
        told.addAll(answer.own());
        return told;
    }

    @ParameterizedTest(name = "{0}: asked with {1}, told {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "7.3 a cookie              |                   | Set-Cookie: s=alice",
                "3.5 credentials           | Authorization: me | X-User: alice",
                "3.5 credentials, a cookie | Authorization: me | Set-Cookie: s=alice"
            })
    void whatA304SaysToOneClientIsNotStored(String rule, String request, String told) {
        Fill fill = validate(request);

        CacheAnswer answer = CacheFixture.answer(proxy.respond(fill, 304, NEWS + " // " + told));

        assertThat(CacheFixture.text(answer)).as(rule).isEqualTo("body");
        assertThat(told(answer)).containsAll(proxy.fields(told)).contains(new Field("X-A", "new"));
        assertThat(proxy.outcome("")).isEqualTo("fwd=stale");
        assertThat(stored().fields())
                .doesNotContainAnyElementsOf(proxy.fields(told))
                .contains(new Field("X-A", "old"));
    }

    @ParameterizedTest(name = "{0}: asked with {1}, told {2}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "7.3 a cookie for all        |                   | Cache-Control: public, max-age=60 // Set-Cookie: c=1 | c=1",
                "7.3 a cookie for all        |                   | Cache-Control: s-maxage=60 // Set-Cookie: c=1 | c=1",
                "3.5 for all who have access | Authorization: me | Cache-Control: public, max-age=60 | ",
                "5.2.2.4 the cookie for one  |                   | Cache-Control: max-age=60, no-cache=\"set-cookie\" // Set-Cookie: c=1 | "
            })
    void unlessItSaysThatItIsForAll(String rule, String request, String told, String cookie) {
        Fill fill = validate(request);

        CacheAnswer answer = CacheFixture.answer(proxy.respond(fill, 304, "ETag: \"a\" // " + told));

        assertThat(told(answer)).as(rule).containsAll(proxy.fields(told));
        assertThat(proxy.outcome("")).isEqualTo("hit");
        assertThat(stored().first("Set-Cookie")).isEqualTo(cookie);
    }

    /** What was said of another response, to somebody else, is not said of this. */
    @ParameterizedTest(name = "stored with {0}, asked with {1}, told {2}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "public, max-age=10          |                      | Set-Cookie: s=alice",
                "s-maxage=10                 |                      | Set-Cookie: s=alice",
                "max-age=10, must-revalidate | Authorization: alice | X-User: alice"
            })
    void thatTheStoredResponseHasSaidSoIsNotEnough(String control, String request, String told) {
        proxy.exchange("", 200, "Cache-Control: " + control + " // ETag: \"a\"");
        proxy.pass(20);

        proxy.respond(proxy.ask(request("GET", request)), 304, "ETag: \"a\" // " + told);

        assertThat(stored().fields()).doesNotContainAnyElementsOf(proxy.fields(told));
    }

    @Test
    void norIsItForAHead() {
        proxy.exchange("", 200, "Cache-Control: public, max-age=10 // ETag: \"a\"");
        proxy.pass(20);
        Fill head = proxy.ask(request("HEAD", ""));

        proxy.respond(head, 200, "ETag: \"a\" // Set-Cookie: s=alice");

        assertThat(stored().first("Set-Cookie")).isNull();
    }

    @Test
    void orTheServiceHasCookiesStored() {
        proxy.with(CacheOptions.builder().storeCookies(true));
        Fill fill = validate("");

        proxy.respond(fill, 304, NEWS + " // Set-Cookie: c=1");

        assertThat(proxy.outcome("")).isEqualTo("hit");
        assertThat(stored().first("Set-Cookie")).isEqualTo("c=1");
    }

    @ParameterizedTest
    @CsvSource({"304, If-None-Match: \"a\"", "206, Range: bytes=0-1", "416, Range: bytes=9-"})
    void aClientGetsItsCookieWhateverItHasAskedFor(int status, String request) {
        Fill fill = validate(request);

        CacheAnswer answer =
                CacheFixture.answer(proxy.respond(fill, 304, NEWS + " // Set-Cookie: s=1 // Set-Cookie: t=2"));

        assertThat(answer.status()).isEqualTo(status);
        assertThat(told(answer)).contains(new Field("Set-Cookie", "s=1"), new Field("Set-Cookie", "t=2"));
        assertThat(told(answer.whole())).contains(new Field("Set-Cookie", "s=1"), new Field("Set-Cookie", "t=2"));
    }

    /** RFC 9111, section 3.2. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "Content-Digest: sha-256=:empty: | max-age=60",
                "Content-Length: 0               | max-age=60, no-cache=\"content-length\""
            })
    void whatA304SaysOfItsOwnContentIsNotSaidOfTheStored(String said, String control) {
        proxy.exchange("", 200, STORED + " // Content-Digest: sha-256=:body:");
        proxy.pass(20);
        Fill fill = proxy.ask(request("GET", ""));

        CacheAnswer answer = CacheFixture.answer(
                proxy.respond(fill, 304, "Cache-Control: " + control + " // ETag: \"a\" // " + said));

        assertThat(told(answer)).doesNotContainAnyElementsOf(proxy.fields(said));
        assertThat(stored().fields()).doesNotContainAnyElementsOf(proxy.fields(said));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Set-Cookie: s=alice",
                "Cache-Control: private, max-age=60",
                "Cache-Control: no-store",
                "Vary: *",
                "Vary: Cookie"
            })
    void whoWaitsForA304ThatIsNotForAllAsksItself(String told) {
        Fill fill = validate("");
        List<CacheDecision> others = new ArrayList<>();
        assertThat(proxy.cache.decide(request("GET", ""), CacheFixture.telling(others), proxy.now()))
                .isInstanceOf(CacheDecision.Wait.class);

        proxy.respond(fill, 304, "ETag: \"a\" // " + told);

        assertThat(others).hasSize(1);
        assertThat(CacheFixture.ask(others.get(0)).conditions()).isEmpty();
        assertThat(proxy.cache.waiting()).isZero();
    }

    @Test
    void thenNobodyWaitsForAWhile() {
        Fill fill = validate("");
        proxy.respond(fill, 304, NEWS + " // Set-Cookie: s=alice");

        Fill next = proxy.ask(request("GET", ""));

        assertThat(proxy.decide(request("GET", ""))).isInstanceOf(CacheDecision.Ask.class);
        next.close(proxy.now());
    }

    @ParameterizedTest
    @CsvSource({"304, Set-Cookie: s=alice", "200, Content-Length: 100", "500, X-Failed: yes"})
    void aValidationInTheBackgroundThatIsForOneClientOrBreaksOffOrFailsIsNotRepeatedAtOnce(int status, String told) {
        proxy.exchange("", 200, "Cache-Control: max-age=10, stale-while-revalidate=60 // ETag: \"a\"");
        proxy.pass(20);
        Fill background = ((CacheDecision.Answer) proxy.decide(request("GET", ""))).revalidation();
        proxy.respond(background, status, NEWS + " // " + told);
        background.close(proxy.now());

        assertThat(proxy.outcome("")).isEqualTo("hit");
        assertThat(stored().fields()).doesNotContainAnyElementsOf(proxy.fields(told));
        proxy.pass(11);
        assertThat(proxy.outcome("")).isEqualTo("hit, validated meanwhile");
    }

    @ParameterizedTest(name = "{0}: stored with Vary: {1}, told {2}: {3}")
    @CsvSource(
            delimiter = '|',
            value = {
                "4.1 any request           | Foo      | *        | fwd=uri-miss",
                "4.1 another field         | Foo      | Foo, Bar | fwd=uri-miss",
                "4.1 the same in any order | Foo, Bar | bar, foo | hit",
                "4.1 fewer fields          | Foo, Bar | Foo      | hit"
            })
    void a304ThatVariesOnWhatIsNotKnownOfTheStoredResponseEndsIt(
            String rule, String before, String now, String outcome) {
        proxy.exchange("Foo: 1", 200, STORED + " // Vary: " + before);
        proxy.pass(20);
        Fill fill = proxy.ask(request("GET", "Foo: 1"));

        CacheAnswer answer = CacheFixture.answer(proxy.respond(fill, 304, NEWS + " // Vary: " + now));

        assertThat(CacheFixture.text(answer)).isEqualTo("body");
        assertThat(proxy.outcome("Foo: 1")).as(rule).isEqualTo(outcome);
    }

    @Test
    void whatHasTheSameTagButDoesNotVaryYetStaysAsItIs() {
        proxy.exchange("Foo: 1", 200, STORED);
        proxy.pass(1);
        proxy.exchange(request("GET", "Foo: 1 // Cache-Control: no-cache"), 200, STORED + " // Vary: Foo", "other");
        proxy.pass(20);

        proxy.respond(proxy.ask(request("GET", "Foo: 1")), 304, NEWS + " // Vary: Foo");

        assertThat(proxy.outcome("Foo: 1")).isEqualTo("hit");
        assertThat(proxy.outcome("Foo: 2")).isEqualTo("fwd=stale");
    }

    @Test
    void whatTheCacheUnderstandsMayBeConfirmedAsItMayBeStored() {
        String understood = "Cache-Control: must-understand, no-store, max-age=10 // ETag: \"a\"";
        proxy.exchange("", 200, understood);
        proxy.pass(20);

        proxy.respond(proxy.ask(request("GET", "")), 304, understood);

        assertThat(proxy.outcome("")).isEqualTo("hit");
    }

    @Test
    void whatItDoesNotUnderstandMayNot() {
        proxy.exchange("", 299, "Cache-Control: max-age=10 // ETag: \"a\"");
        proxy.pass(20);

        proxy.respond(
                proxy.ask(request("GET", "")),
                304,
                "Cache-Control: must-understand, no-store, max-age=60 // ETag: \"a\"");

        assertThat(proxy.outcome("")).isEqualTo("fwd=uri-miss");
    }

    @ParameterizedTest(name = "{0}: asked with {1}, told {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "7.3 a cookie    |                   | Set-Cookie: s=alice",
                "3.5 credentials | Authorization: me | X-User: alice"
            })
    void whatAHeadSaysToOneClientIsNotStored(String rule, String request, String told) {
        proxy.exchange("", 200, STORED);
        proxy.pass(20);

        proxy.respond(proxy.ask(request("HEAD", request)), 200, NEWS + " // " + told);

        assertThat(proxy.outcome("")).as(rule).isEqualTo("fwd=stale");
        assertThat(stored().fields()).doesNotContainAnyElementsOf(proxy.fields(told));
    }

    @ParameterizedTest(name = "{0}, stored with {1}, told {2}: {3}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "REVALIDATE | X-A: 1                  | Content-Length: 4       | fwd=stale",
                "REVALIDATE | ETag: \"a\"             | X-A: 1                  | fwd=stale",
                "REVALIDATE | ETag: \"a\"             | ETag: \"a\"             | hit",
                "REVALIDATE | Last-Modified: {-50}    | Last-Modified: {-50}    | hit",
                "REVALIDATE | ETag: \"a\"             | ETag: \"b\"             | fwd=uri-miss",
                "KEEP       | X-A: 1                  | Content-Length: 4       | hit"
            })
    void aHeadOfTheNextDeploymentConfirmsWhatItNamesOnly(
            CacheOnDeploy policy, String stored, String told, String outcome) {
        proxy.with(CacheOptions.builder().onDeploy(policy));
        proxy.exchange("", 200, "Cache-Control: max-age=600 // " + stored);
        proxy.deploy();

        Fill head = proxy.ask(
                policy == CacheOnDeploy.KEEP ? request("HEAD", "Cache-Control: no-cache") : request("HEAD", ""));
        proxy.respond(head, 200, "Cache-Control: max-age=600 // " + told);
        head.close(proxy.now());

        assertThat(proxy.outcome("")).isEqualTo(outcome);
    }

    @Test
    void a304ThatComesLateDoesNotTakeThePlaceOfANewerResponse() {
        Fill late = validate("");
        proxy.exchange(
                request("GET", "Cache-Control: no-cache"), 200, "Cache-Control: max-age=600 // ETag: \"b\"", "newer");

        CacheAnswer answer = CacheFixture.answer(proxy.respond(late, 304, NEWS));

        assertThat(CacheFixture.text(answer)).isEqualTo("body");
        CacheAnswer next = CacheFixture.answer(proxy.decide(request("GET", "")));
        assertThat(CacheFixture.text(next)).isEqualTo("newer");
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "GET  | 200 | Cache-Control: no-store",
                "GET  | 404 | ",
                "GET  | 304 | Cache-Control: private // ETag: \"a\"",
                "HEAD | 200 | ETag: \"b\""
            })
    void norDoesItBringBackWhatAnotherResponseHasEnded(String method, int status, String told) {
        Fill late = validate("");
        Fill sooner = proxy.ask(request(method, "Cache-Control: no-cache"));
        proxy.respond(sooner, status, told);
        sooner.close(proxy.now());

        CacheAnswer answer = CacheFixture.answer(proxy.respond(late, 304, NEWS));
        late.close(proxy.now());

        assertThat(CacheFixture.text(answer)).isEqualTo("body");
        assertThat(proxy.outcome("")).isEqualTo("fwd=uri-miss");
    }

    /** Somebody may have wanted it to go. */
    @Test
    void whatHasGoneMeanwhileIsForThoseWhoHaveAskedOnly() {
        Fill fill = validate("");
        List<CacheDecision> others = new ArrayList<>();
        proxy.cache.decide(request("GET", ""), CacheFixture.telling(others), proxy.now());
        proxy.store.update(fill.request().key(), gone -> null);

        CacheAnswer answer = CacheFixture.answer(proxy.respond(fill, 304, NEWS));

        assertThat(CacheFixture.text(answer)).isEqualTo("body");
        assertThat(CacheFixture.text(CacheFixture.answer(others.get(0)))).isEqualTo("body");
        assertThat(proxy.outcome("")).isEqualTo("fwd=uri-miss");
    }

    @Test
    void aPurgeDuringAValidationKeepsNobodyFromTheNextOne() {
        String stale = "Cache-Control: max-age=2, stale-while-revalidate=60 // ETag: \"a\"";
        proxy.exchange("", 200, stale);
        proxy.pass(3);
        Fill background = ((CacheDecision.Answer) proxy.decide(request("GET", ""))).revalidation();
        proxy.cache.purge(CachePurge.everything());
        proxy.respond(background, 304, stale);
        background.close(proxy.now());
        proxy.exchange("", 200, stale);
        proxy.pass(3);

        assertThat(proxy.outcome("")).isEqualTo("hit, validated meanwhile");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "200 | Cache-Control: no-store",
                "200 | Cache-Control: private",
                "404 | ",
                "304 | Cache-Control: private // ETag: \"a\"",
                "304 | Cache-Control: no-store // ETag: \"a\"",
                "304 | ETag: \"b\""
            })
    void whatEndsAResponseEndsItThoughItWasConfirmedMeanwhile(int status, String told) {
        Fill first = validate("");
        Fill second = proxy.ask(request("GET", "Cache-Control: no-cache"));
        Fill late = proxy.ask(request("GET", "Cache-Control: no-cache"));
        proxy.respond(second, 304, NEWS);
        proxy.pass(1);

        proxy.respond(first, status, told);
        first.close(proxy.now());

        assertThat(proxy.outcome("")).isEqualTo("fwd=uri-miss");
        proxy.respond(late, 304, NEWS);
        assertThat(proxy.outcome("")).isEqualTo("fwd=uri-miss");
    }

    @Test
    void whatWasPurgedByATagIsNotBroughtBackUnderAnother() {
        proxy.exchange("", 200, STORED + " // Cache-Tag: x");
        proxy.pass(20);
        Fill late = proxy.ask(request("GET", ""));
        proxy.cache.purge(CachePurge.everything().withTag("x"));

        proxy.respond(late, 304, NEWS + " // Cache-Tag: y");

        assertThat(proxy.outcome("")).isEqualTo("fwd=uri-miss");
    }

    /** A client whose requests are refused has nothing to say of what others get. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "HEAD | If-None-Match: \"x\" | 304",
                "HEAD | X-Rate: too high       | 429",
                "GET  | X-Rate: too high       | 429",
                "GET  | X-Malformed: yes       | 400",
                "HEAD | Authorization: wrong   | 401",
                "GET  | Authorization: wrong   | 401",
                "GET  | Authorization: right   | 200"
            })
    void whatIsSaidOfOneRequestEndsNothing(String method, String fields, int status) {
        proxy.exchange("", 200, "Cache-Control: max-age=600");
        Fill fill = proxy.ask(request(method, "Cache-Control: no-cache // " + fields));

        proxy.respond(fill, status, "");
        fill.close(proxy.now());

        assertThat(proxy.outcome("")).isEqualTo("hit");
    }

    @ParameterizedTest
    @CsvSource({"GET, 401", "GET, 403", "GET, 404", "GET, 410", "GET, 301", "HEAD, 404", "HEAD, 403"})
    void whatIsSaidOfTheResourceDoes(String method, int status) {
        proxy.exchange("", 200, "Cache-Control: max-age=600");
        Fill fill = proxy.ask(request(method, "Cache-Control: no-cache"));

        proxy.respond(fill, status, "");
        fill.close(proxy.now());

        assertThat(proxy.outcome("")).isEqualTo("fwd=uri-miss");
    }

    /** As it would be for this client only, and nobody would validate for the others meanwhile. */
    @Test
    void credentialsBeginNoValidationInTheBackground() {
        proxy.exchange("", 200, "Cache-Control: max-age=10, stale-while-revalidate=600 // ETag: \"a\"");
        proxy.pass(20);

        assertThat(proxy.outcome("Authorization: made up")).isEqualTo("hit");
        assertThat(proxy.outcome("")).isEqualTo("hit, validated meanwhile");
    }

    @Test
    void theCookieOfAHeadKeepsNobodyFromValidating() {
        String said = "Cache-Control: max-age=10, stale-while-revalidate=600 // ETag: \"a\"";
        proxy.exchange("", 200, said);
        proxy.pass(20);
        Fill head = proxy.ask(request("HEAD", "Cache-Control: no-cache"));
        proxy.respond(head, 200, said + " // Set-Cookie: s=1");
        head.close(proxy.now());

        assertThat(proxy.outcome("")).isEqualTo("hit, validated meanwhile");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void nobodyWaitsForLongForFilesNorForWhatIsTooLong(boolean file) {
        ResponseHead head = proxy.head(200, "Cache-Control: max-age=60");
        Fill fill = proxy.ask(request("GET", ""));
        List<CacheDecision> others = new ArrayList<>();
        proxy.cache.decide(request("GET", ""), CacheFixture.telling(others), proxy.now());

        FillStep.Pass pass = file ? fill.replaced(head, proxy.now()) : fill.tooLong(head, proxy.now());

        assertThat(CacheFixture.status(pass.added()))
                .isEqualTo("fwd=uri-miss; detail=" + (file ? "file" : "too-large"));
        assertThat(others).hasSize(1);
        Fill next = proxy.ask(request("GET", ""));
        assertThat(proxy.decide(request("GET", ""))).isInstanceOf(CacheDecision.Ask.class);
        next.close(proxy.now());
    }
}
