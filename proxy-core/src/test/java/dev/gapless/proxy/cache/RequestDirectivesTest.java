package dev.gapless.proxy.cache;

import dev.gapless.proxy.CacheOptions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/** What requests may ask of the cache: RFC 9111, sections 5.2.1 and 5.4, and RFC 5861, a row for each requirement. */
final class RequestDirectivesTest {
    private final CacheFixture proxy = new CacheFixture();

    @ParameterizedTest(name = "{0}: {1}, {2} s later: {3}: {4}")
    @CsvSource(
            delimiter = '|',
            value = {
                "5.2.1.1 max-age            | max-age=60                  | 20 | Cache-Control: max-age=20        | hit",
                "5.2.1.1 max-age            | max-age=60                  | 20 | Cache-Control: max-age=19        | fwd=request",
                "5.2.1.1 max-age=0          | max-age=60                  | 1  | Cache-Control: max-age=0         | fwd=request",
                "5.2.1.2 max-stale          | max-age=60                  | 70 | Cache-Control: max-stale=10      | hit",
                "5.2.1.2 max-stale          | max-age=60                  | 71 | Cache-Control: max-stale=10      | fwd=stale",
                "5.2.1.2 max-stale, any     | max-age=60                  | 999| Cache-Control: max-stale         | hit",
                "4.2.4 not must-revalidate  | max-age=60, must-revalidate | 70 | Cache-Control: max-stale         | fwd=stale",
                "4.2.4 not proxy-revalidate | max-age=60, proxy-revalidate| 70 | Cache-Control: max-stale         | fwd=stale",
                "4.2.4 not s-maxage         | s-maxage=60                 | 70 | Cache-Control: max-stale         | fwd=stale",
                "4.2.4 not no-cache         | max-age=60, no-cache        | 1  | Cache-Control: max-stale         | fwd=stale",
                "5.2.1.3 min-fresh          | max-age=60                  | 20 | Cache-Control: min-fresh=40      | hit",
                "5.2.1.3 min-fresh          | max-age=60                  | 20 | Cache-Control: min-fresh=41      | fwd=request",
                "5.2.1.4 no-cache           | max-age=60                  | 1  | Cache-Control: no-cache          | fwd=request",
                "5.2.1.5 no-store           | max-age=60                  | 1  | Cache-Control: no-store          | fwd=bypass",
                "5.2.1.7 only-if-cached     | max-age=60                  | 1  | Cache-Control: only-if-cached    | hit",
                "5.2.1.7 only-if-cached     | max-age=60                  | 70 | Cache-Control: only-if-cached    | 504",
                "5.2.1.7 and max-stale      | max-age=60                  | 70 | Cache-Control: only-if-cached, max-stale | hit",
                "5.4 Pragma                 | max-age=60                  | 1  | Pragma: no-cache                 | fwd=request",
                "5.4 not beside             | max-age=60                  | 1  | Pragma: no-cache // Cache-Control: max-age=60 | hit",
                "5.2 what is not known      | max-age=60                  | 1  | Cache-Control: foo=\"no-cache\"  | hit"
            })
    void aRequestMayAskForMoreOrLess(String rule, String stored, long seconds, String request, String outcome) {
        proxy.exchange("", 200, "ETag: \"a\" // Cache-Control: " + stored);
        proxy.pass(seconds);
        assertThat(proxy.outcome(request)).as(rule).isEqualTo(outcome);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Cache-Control: no-cache       | hit",
                "Cache-Control: max-age=0      | hit",
                "Pragma: no-cache              | hit",
                "Cache-Control: no-store       | fwd=bypass",
                "Cache-Control: only-if-cached | hit"
            })
    void orNotIfTheOptionsSaySo(String request, String outcome) {
        proxy.with(CacheOptions.builder().requestDirectives(false));
        proxy.exchange("", 200, "Cache-Control: max-age=60");
        proxy.pass(1);
        assertThat(proxy.outcome(request)).isEqualTo(outcome);
    }

    @ParameterizedTest(name = "{0}: {1}, {2} s later, {3}: {4}")
    @CsvSource(
            delimiter = '|',
            value = {
                "5861, 3 while it is validated | max-age=60, stale-while-revalidate=30                  | 90 || hit, validated meanwhile",
                "5861, 3 not for longer        | max-age=60, stale-while-revalidate=30                  | 91 || fwd=stale",
                "5861, 3 not while fresh       | max-age=60, stale-while-revalidate=30                  | 50 || hit",
                "5861, 3 beside s-maxage       | s-maxage=60, stale-while-revalidate=30                 | 90 || hit, validated meanwhile",
                "4.2.4 not must-revalidate     | max-age=60, stale-while-revalidate=30, must-revalidate | 90 || fwd=stale",
                "4.2.4 not proxy-revalidate    | max-age=60, stale-while-revalidate=30, proxy-revalidate| 90 || fwd=stale",
                "4.2.4 not no-cache            | max-age=60, stale-while-revalidate=30, no-cache        | 90 || fwd=stale",
                "5.2.1.1 not if it is refused  | max-age=60, stale-while-revalidate=30                  | 90 | Cache-Control: max-age=120 | fwd=stale"
            })
    void aStaleResponseMayBeUsedWhileItIsValidated(
            String rule, String stored, long seconds, String request, String outcome) {
        proxy.exchange("", 200, "ETag: \"a\" // Cache-Control: " + stored);
        proxy.pass(seconds);
        assertThat(proxy.outcome(request)).as(rule).isEqualTo(outcome);
    }

    @ParameterizedTest(name = "{0}: {1}, {2} s later, {3}, status {4}: {5}")
    @CsvSource(
            delimiter = '|',
            value = {
                "5861, 4 an error             | max-age=60, stale-if-error=30                  | 90 |                                   | 503 | stored",
                "5861, 4 an error             | max-age=60, stale-if-error=30                  | 90 |                                   | 500 | stored",
                "5861, 4 no response          | max-age=60, stale-if-error=30                  | 90 |                                   | 0   | stored",
                "5861, 4 not for longer       | max-age=60, stale-if-error=30                  | 91 |                                   | 503 | target's",
                "5861, 4 not said             | max-age=60                                     | 90 |                                   | 503 | target's",
                "5861, 4 no such error        | max-age=60, stale-if-error=30                  | 90 |                                   | 501 | target's",
                "5861, 4 no error             | max-age=60, stale-if-error=30                  | 90 |                                   | 404 | target's",
                "5861, 4 the request says so  | max-age=60                                     | 90 | Cache-Control: stale-if-error=30  | 503 | stored",
                "5861, 4 beside s-maxage      | s-maxage=60, stale-if-error=30                 | 90 |                                   | 503 | stored",
                "4.2.4 s-maxage, the request  | s-maxage=60                                    | 90 | Cache-Control: stale-if-error=30  | 503 | target's",
                "4.2.4 not must-revalidate    | max-age=60, stale-if-error=30, must-revalidate | 90 |                                   | 503 | target's",
                "4.2.4 not no-cache           | max-age=60, stale-if-error=30, no-cache        | 1  |                                   | 503 | target's",
                "5.2.1.4 asked for news       | max-age=60, stale-if-error=30                  | 1  | Cache-Control: no-cache           | 503 | stored"
            })
    void aStaleResponseMayBeUsedIfTheTargetFails(
            String rule, String stored, long seconds, String request, int status, String whose) {
        proxy.exchange("", 200, "ETag: \"a\" // Cache-Control: " + stored);
        proxy.pass(seconds);
        Fill fill = proxy.ask(proxy.request("GET", CacheFixture.URL, request));
        FillStep step = status == 0 ? fill.failed(proxy.now()) : proxy.respond(fill, status, "");
        assertThat(step instanceof FillStep.Answer ? "stored" : "target's")
                .as(rule)
                .isEqualTo(whose);
    }

    @ParameterizedTest(name = "{0}: {1}, {2} s later, {3}, status {4}: {5}")
    @CsvSource(
            delimiter = '|',
            value = {
                "4.2.4 no answer            | max-age=60                    | 89 |                                  | 0   | stored",
                "4.2.4 not for longer       | max-age=60                    | 90 |                                  | 0   | proxy's",
                "4.2.4 an error is one      | max-age=60                    | 61 |                                  | 503 | target's",
                "4.2.4 not must-revalidate  | max-age=60, must-revalidate   | 61 |                                  | 0   | proxy's",
                "4.2.4 not proxy-revalidate | max-age=60, proxy-revalidate  | 61 |                                  | 0   | proxy's",
                "4.2.4 not s-maxage         | s-maxage=60                   | 61 |                                  | 0   | proxy's",
                "4.2.4 not no-cache         | max-age=60, no-cache          | 1  |                                  | 0   | proxy's",
                "5.2.1.4 asked for news     | max-age=60                    | 61 | Cache-Control: no-cache          | 0   | proxy's",
                "5.4 asked for news         | max-age=60                    | 61 | Pragma: no-cache                 | 0   | proxy's",
                "5.2.1.1 not so old         | max-age=60                    | 61 | Cache-Control: max-age=120       | 0   | proxy's",
                "5.2.1.2 not so stale       | max-age=60                    | 69 | Cache-Control: max-stale=5       | 0   | proxy's",
                "5.2.1.3 nothing stale      | max-age=60                    | 61 | Cache-Control: min-fresh=1       | 0   | proxy's",
                "5861, 4 for longer         | max-age=60, stale-if-error=90 | 99 |                                  | 0   | stored"
            })
    void aStaleResponseStandsInForNoAnswerIfTheOptionsSaySo(
            String rule, String stored, long seconds, String request, int status, String whose) {
        proxy.with(CacheOptions.builder().staleIfUnreachable(Duration.ofSeconds(30)));
        proxy.exchange("", 200, "ETag: \"a\" // Cache-Control: " + stored);
        proxy.pass(seconds);
        Fill fill = proxy.ask(proxy.request("GET", CacheFixture.URL, request));
        FillStep step = status == 0 ? fill.failed(proxy.now()) : proxy.respond(fill, status, "");
        assertThat(step instanceof FillStep.Answer ? "stored" : status == 0 ? "proxy's" : "target's")
                .as(rule)
                .isEqualTo(whose);
    }

    @Test
    void withoutThatItDoesNot() {
        proxy.exchange("", 200, "ETag: \"a\" // Cache-Control: max-age=60");
        proxy.pass(60);
        Fill fill = proxy.ask(proxy.request("GET", CacheFixture.URL, ""));
        assertThat(fill.failed(proxy.now())).isInstanceOf(FillStep.Pass.class);
    }
}
