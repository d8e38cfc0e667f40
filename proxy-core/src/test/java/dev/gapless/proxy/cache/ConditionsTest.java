package dev.gapless.proxy.cache;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Conditions, ranges and HEAD, answered from what is stored: RFC 9111, section 4.3.2, and RFC 9110, sections 13 and 14. */
final class ConditionsTest {
    private static final String TAGGED =
            "Cache-Control: max-age=60 // ETag: \"a\" // Last-Modified: {-500} // Date: {0} // "
                    + "Vary: Accept // Expires: {+60} // Content-Location: /x // X-A: 1 // Set-Cookie: a=b // Content-Type: text/plain";

    private final CacheFixture proxy = new CacheFixture();

    private CacheAnswer ask(String method, String fields) {
        return CacheFixture.answer(proxy.decide(proxy.request(method, CacheFixture.URL, fields)));
    }

    @ParameterizedTest(name = "{0}: {1}: {2}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "9110, 13.1.2 the tag                | If-None-Match: \"a\"                                        | 304",
                "9110, 13.1.2 another                | If-None-Match: \"b\"                                        | 200",
                "9110, 13.1.2 weak comparison        | If-None-Match: W/\"a\"                                      | 304",
                "9110, 13.1.2 one of a list          | If-None-Match: \"b\", \"a\", \"c\"                          | 304",
                "9110, 13.1.2 none of a list         | If-None-Match: \"b\", \"c\"                                 | 200",
                "9110, 13.1.2 a comma in a tag       | If-None-Match: \"b,a\"                                      | 200",
                "9110, 13.1.2 anything               | If-None-Match: *                                            | 304",
                "9110, 13.1.2 without quotes         | If-None-Match: a                                            | 200",
                "9110, 13.1.3 not modified since     | If-Modified-Since: {-500}                                   | 304",
                "9110, 13.1.3 not modified since     | If-Modified-Since: {0}                                      | 304",
                "9110, 13.1.3 modified since         | If-Modified-Since: {-501}                                   | 200",
                "9110, 13.1.3 no date                | If-Modified-Since: yesterday                                | 200",
                "9110, 13.2.2 the tag decides        | If-None-Match: \"a\" // If-Modified-Since: {-900}           | 304",
                "9110, 13.2.2 the tag decides        | If-None-Match: \"b\" // If-Modified-Since: {0}              | 200",
                "9110, 13.2.2 before the range       | If-None-Match: \"a\" // Range: bytes=0-1                    | 304",
                "9110, 14.2 the first bytes          | Range: bytes=0-1                                            | 206 bytes 0-1/10 01",
                "9110, 14.2 from a byte on           | Range: bytes=8-                                             | 206 bytes 8-9/10 89",
                "9110, 14.2 the last bytes           | Range: bytes=-3                                             | 206 bytes 7-9/10 789",
                "9110, 14.2 more than there is       | Range: bytes=-30                                            | 206 bytes 0-9/10 0123456789",
                "9110, 14.2 more than there is       | Range: bytes=5-999999999999                                 | 206 bytes 5-9/10 56789",
                "9110, 14.2 units in any case        | Range: Bytes=0-0                                            | 206 bytes 0-0/10 0",
                "9110, 15.5.17 beyond the end        | Range: bytes=10-                                            | 416 bytes */10 none",
                "9110, 15.5.17 no last byte          | Range: bytes=-0                                             | 416 bytes */10 none",
                "9110, 14.1.1 backwards              | Range: bytes=5-4                                            | 200",
                "9110, 14.1.1 no number              | Range: bytes=a-4                                            | 200",
                "9110, 14.1.1 nothing                | Range: bytes=-                                              | 200",
                "9110, 14.2 another unit             | Range: lines=0-1                                            | 200",
                "9110, 14.2 several: the whole       | Range: bytes=0-1,4-5                                        | 200",
                "9110, 13.1.5 the same tag           | Range: bytes=0-1 // If-Range: \"a\"                         | 206 bytes 0-1/10 01",
                "9110, 13.1.5 another tag            | Range: bytes=0-1 // If-Range: \"b\"                         | 200",
                "9110, 13.1.5 a weak tag             | Range: bytes=0-1 // If-Range: W/\"a\"                       | 200",
                "9110, 13.1.5 the same date          | Range: bytes=0-1 // If-Range: {-500}                        | 206 bytes 0-1/10 01",
                "9110, 13.1.5 another date           | Range: bytes=0-1 // If-Range: {-499}                        | 200",
                "9110, 13.1.5 without a range        | If-Range: \"b\"                                             | 200"
            })
    void conditionsAndRangesAreAnsweredFromTheStore(String rule, String fields, String outcome) {
        proxy.exchange(
                proxy.request("GET", CacheFixture.URL, ""),
                200,
                TAGGED + " // CDN-Cache-Control: max-age=60",
                "0123456789");
        CacheAnswer answer = ask("GET", fields);
        String range = CacheFixture.value(answer.fields(), "Content-Range");
        assertThat(answer.status() + (range.equals("none") ? "" : " " + range + " " + CacheFixture.text(answer)))
                .as(rule)
                .isEqualTo(outcome);
    }

    @Test
    void a304HasTheFieldsThatA200WouldHaveForCaches() {
        proxy.exchange("", 200, TAGGED + " // CDN-Cache-Control: max-age=60");
        CacheAnswer answer = ask("GET", "If-None-Match: \"a\"");
        assertThat(answer.body()).isNull();
        assertThat(answer.fields())
                .extracting(Field::name)
                .containsExactlyInAnyOrder(
                        "Cache-Control", "ETag", "Date", "Vary", "Expires", "Content-Location", "CDN-Cache-Control");
        assertThat(answer.added()).extracting(Field::name).containsExactly("Age", "Cache-Status", "X-Cache");
    }

    @Test
    void orTheDateOfModificationIfThereIsNoTag() {
        proxy.exchange("", 200, "Cache-Control: max-age=60 // Last-Modified: {-500}");
        assertThat(CacheFixture.value(ask("GET", "If-Modified-Since: {0}").fields(), "Last-Modified"))
                .isNotEqualTo("none");
    }

    @Test
    void whatDoesNotSayWhenItWasModifiedWasSoWhenItWasMade() {
        proxy.exchange("", 200, "Cache-Control: max-age=60 // Date: {-5}");
        assertThat(ask("GET", "If-Modified-Since: {-5}").status()).isEqualTo(304);
        assertThat(ask("GET", "If-Modified-Since: {-6}").status()).isEqualTo(200);
    }

    @Test
    void aDateWithinTheSecondOfTheResponseContinuesNothing() {
        proxy.exchange("", 200, "Cache-Control: max-age=60 // Date: {0} // Last-Modified: {0}");
        assertThat(ask("GET", "Range: bytes=0-1 // If-Range: {0}").status()).isEqualTo(200);
    }

    @Test
    void errorsHaveNoConditionsAndNoRanges() {
        proxy.exchange("", 404, "Cache-Control: max-age=60 // ETag: \"a\"");
        assertThat(ask("GET", "If-None-Match: \"a\"").status()).isEqualTo(404);
        assertThat(ask("GET", "Range: bytes=0-1").status()).isEqualTo(404);
    }

    @Test
    void aHeadGetsTheHead() {
        proxy.exchange("", 200, TAGGED + ", public");
        proxy.exchange("Cache-Control: no-cache", 200, "Cache-Control: max-age=60 // X-A: 1");
        CacheAnswer answer = ask("HEAD", "Range: bytes=0-1");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).isNull();
        assertThat(CacheFixture.value(answer.fields(), "Content-Length")).isEqualTo("4");
    }

    @Test
    void aPartHasTheFieldsOfTheWhole() {
        proxy.exchange("", 200, "Cache-Control: max-age=60 // X-A: 1 // Content-Length: 4");
        CacheAnswer answer = ask("GET", "Range: bytes=1-2");
        assertThat(CacheFixture.value(answer.fields(), "X-A")).isEqualTo("1");
        assertThat(CacheFixture.value(answer.fields(), "Content-Length")).isEqualTo("2");
        assertThat(CacheFixture.text(answer)).isEqualTo("od");
    }

    @Test
    void aRangeOfWhatIsNotStoredIsTheTargets() {
        Fill fill = proxy.ask(proxy.request("GET", CacheFixture.URL, "Range: bytes=0-1"));
        FillStep step = proxy.respond(fill, 206, "Cache-Control: max-age=60 // Content-Range: bytes 0-1/10");
        assertThat(step).isInstanceOf(FillStep.Pass.class);
        assertThat(proxy.outcome("")).isEqualTo("fwd=uri-miss");
    }
}
