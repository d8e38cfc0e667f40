package dev.gapless.proxy.cache;

import dev.gapless.proxy.CacheOptions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Targeted fields: RFC 9213, a row for each requirement, and the Structured Fields of RFC 8941. */
final class TargetedFieldsTest {
    private final CacheFixture proxy = new CacheFixture();

    @ParameterizedTest(name = "{0}: {1}, 30 s later: {2}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "2.2 it counts                   | CDN-Cache-Control: max-age=60                                          | hit",
                "2.2 instead of Cache-Control    | CDN-Cache-Control: max-age=60 // Cache-Control: max-age=1               | hit",
                "2.2 instead of Cache-Control    | CDN-Cache-Control: max-age=1 // Cache-Control: max-age=60 // ETag: \"a\" | fwd=stale",
                "2.2 instead of no-store         | CDN-Cache-Control: max-age=60 // Cache-Control: no-store                | hit",
                "2.2 instead of Expires          | CDN-Cache-Control: max-age=60 // Expires: 0                             | hit",
                "2.2 even if it says nothing     | CDN-Cache-Control: foo // Cache-Control: max-age=60 // Expires: {+60}   | fwd=uri-miss",
                "2.2 no-store                    | CDN-Cache-Control: no-store // Cache-Control: max-age=60                | fwd=uri-miss",
                "2.2 private                     | CDN-Cache-Control: private // Cache-Control: max-age=60                 | fwd=uri-miss",
                "2.2 no-cache                    | CDN-Cache-Control: no-cache // Cache-Control: max-age=60 // ETag: \"a\" | fwd=stale",
                "2.1 several fields              | CDN-Cache-Control: foo // CDN-Cache-Control: max-age=60                 | hit",
                "2.1 parameters say nothing      | CDN-Cache-Control: max-age=60;a=1;b, public;c=\"x\"                     | hit",
                "2.1 false is not said           | CDN-Cache-Control: max-age=60, no-store=?0                              | hit",
                "2.1 true is said                | CDN-Cache-Control: max-age=60, no-store=?1                              | fwd=uri-miss",
                "2.1 the last of a name counts   | CDN-Cache-Control: max-age=1, max-age=60                                | hit",
                "2.1 fields are a string         | CDN-Cache-Control: max-age=60, private=\"X-A\"                          | hit",
                "2.1 empty is not there          | CDN-Cache-Control: `` // Cache-Control: max-age=60                      | hit",
                "2.1 malformed is not there      | CDN-Cache-Control: max-age=60, &&& // Cache-Control: no-store           | fwd=uri-miss",
                "2.1 malformed is not there      | CDN-Cache-Control: no-store, &&& // Cache-Control: max-age=60           | hit",
                "2.1 names are lower case        | CDN-Cache-Control: Max-Age=60 // Cache-Control: no-store                | fwd=uri-miss",
                "2.1 no blank before =           | CDN-Cache-Control: max-age =60 // Cache-Control: no-store               | fwd=uri-miss",
                "2.1 no blank after =            | CDN-Cache-Control: max-age= 60 // Cache-Control: no-store               | fwd=uri-miss",
                "2.1 no comma at the end         | CDN-Cache-Control: max-age=60, // Cache-Control: no-store               | fwd=uri-miss",
                "2.1 no other type               | CDN-Cache-Control: max-age=\"60\" // ETag: \"a\"                        | fwd=stale",
                "2.1 no other type               | CDN-Cache-Control: max-age=60.5 // ETag: \"a\"                          | fwd=stale",
                "2.1 nothing below zero          | CDN-Cache-Control: max-age=-60 // ETag: \"a\"                           | fwd=stale",
                "9111, 1.2.2 large numbers       | CDN-Cache-Control: max-age=99999999999                                  | hit",
                "2.1 too large for a number      | CDN-Cache-Control: max-age=9999999999999999 // Cache-Control: no-store  | fwd=uri-miss",
                "2.2 other fields do not count   | Surrogate-Control: max-age=60                                           | fwd=uri-miss"
            })
    void aTargetedFieldTakesThePlaceOfCacheControl(String rule, String fields, String outcome) {
        proxy.exchange("", 200, fields);
        proxy.pass(30);
        assertThat(proxy.outcome("")).as(rule).isEqualTo(outcome);
    }

    @Test
    void theFirstThatAResponseHasCounts() {
        proxy.with(CacheOptions.builder().targetedFields(List.of("Gapless-Cache-Control", "CDN-Cache-Control")));
        proxy.exchange("", 200, "CDN-Cache-Control: no-store // Gapless-Cache-Control: max-age=60");
        assertThat(proxy.outcome("")).isEqualTo("hit");
    }

    @Test
    void clientsGetTheFieldToo() {
        proxy.exchange("", 200, "CDN-Cache-Control: max-age=60");
        CacheAnswer answer = CacheFixture.answer(proxy.decide(proxy.request("GET", CacheFixture.URL, "")));
        assertThat(CacheFixture.value(answer.fields(), "CDN-Cache-Control")).isEqualTo("max-age=60");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a",
                "  a=1 ,\tb=2  ",
                "a=-1, b=1.5, c=\"x\\\"y\", d=?1, e=:YQ==:, f=token/x:y, *g=*",
                "a=(1 2), b=( \"x\";p y ), c=();q=1",
                "a;x;y=1, b=?0;z"
            })
    void aWellFormedDictionaryIsRead(String text) {
        assertThat(StructuredDictionary.parse(text)).isNotNull().containsKey("a");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                ",",
                "a,",
                "a,,b",
                "A",
                "1",
                "a=",
                "a=1 b=2",
                "a=1;",
                "a=\"x",
                "a=\"\\x\"",
                "a=?2",
                "a=:Y",
                "a=(1",
                "a=(1,2)",
                "a=1.",
                "a=1.2345",
                "a=-",
                "a=1234567890123456",
                "a=@",
                "a='x'",
                "a=é",
                "a=(1\"x\")",
                "a;X=1"
            })
    void anythingElseIsNone(String text) {
        assertThat(StructuredDictionary.parse(text)).isNull();
    }
}
