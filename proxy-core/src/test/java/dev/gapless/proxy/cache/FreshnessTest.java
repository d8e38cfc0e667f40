package dev.gapless.proxy.cache;

import dev.gapless.proxy.CacheOptions;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/** For how long a stored response is used: RFC 9111, section 4.2, a row for each requirement. */
final class FreshnessTest {
    private final CacheFixture proxy = new CacheFixture();

    @ParameterizedTest(name = "{0}: {1}, {2} s later: {3}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "4.2.1 max-age                | Cache-Control: max-age=60                                        | 59  | hit",
                "4.2.1 max-age is over        | Cache-Control: max-age=60 // ETag: \"a\"                         | 60  | fwd=stale",
                "5.2.2.10 s-maxage wins       | Cache-Control: max-age=10, s-maxage=60                           | 30  | hit",
                "5.2.2.10 s-maxage wins       | Cache-Control: s-maxage=10, max-age=60                           | 30  | fwd=stale",
                "4.2.1 Expires less Date      | Expires: {+60} // Date: {0}                                      | 59  | hit",
                "4.2.1 Expires less Date      | Expires: {+60} // Date: {0} // ETag: \"a\"                       | 60  | fwd=stale",
                "4.2.1 Date decides, not now  | Expires: {+160} // Date: {+100}                                  | 59  | hit",
                "5.3 max-age before Expires   | Cache-Control: max-age=60 // Expires: {-100}                     | 30  | hit",
                "5.3 max-age before Expires   | Cache-Control: max-age=0 // Expires: {+100} // ETag: \"a\"       | 0   | fwd=stale",
                "5.3 0 is a date in the past  | Expires: 0 // ETag: \"a\"                                        | 0   | fwd=stale",
                "5.3 but not before max-age   | Expires: 0 // Cache-Control: max-age=60                          | 30  | hit",
                "4.2.1 Expires twice          | Expires: {+60} // Expires: {+90} // ETag: \"a\"                  | 0   | fwd=stale",
                "4.2.1 Expires twice the same | Expires: {+60} // Expires: {+60}                                 | 30  | hit",
                "4.2.1 max-age twice          | Cache-Control: max-age=60, max-age=90 // ETag: \"a\"             | 0   | fwd=stale",
                "4.2.1 max-age twice the same | Cache-Control: max-age=60 // Cache-Control: max-age=60           | 30  | hit",
                "4.2.1 no number              | Cache-Control: max-age=60a // ETag: \"a\"                        | 0   | fwd=stale",
                "4.2.1 no number              | Cache-Control: max-age=6.5 // ETag: \"a\"                        | 0   | fwd=stale",
                "4.2.1 no number              | Cache-Control: max-age=-60 // ETag: \"a\"                        | 0   | fwd=stale",
                "4.2.1 no number              | Cache-Control: max-age='60' // ETag: \"a\"                       | 0   | fwd=stale",
                "4.2.1 no number              | Cache-Control: max-age // ETag: \"a\"                            | 0   | fwd=stale",
                "5.2 a blank before =         | Cache-Control: max-age =60a // ETag: \"a\"                       | 0   | fwd=stale",
                "5.2 a blank after =          | Cache-Control: max-age= 60 // ETag: \"a\"                        | 0   | fwd=stale",
                "5.2 quoted                   | Cache-Control: max-age=\"60\"                                    | 30  | hit",
                "5.2 any case                 | Cache-Control: MaX-aGe=60                                        | 30  | hit",
                "5.2 leading zeros            | Cache-Control: max-age=0060                                      | 59  | hit",
                "5.2 what is not known        | Cache-Control: foo, bar=\"max-age=1\", max-age=60                | 30  | hit",
                "5.2 quoted is not said       | Cache-Control: max-age=1, bar=\"max-age=60\" // ETag: \"a\"      | 30  | fwd=stale",
                "5.2 empty elements           | Cache-Control: ,,  max-age=60 ,                                  | 30  | hit",
                "1.2.2 too large a number     | Cache-Control: max-age=99999999999999999999                      | 999 | hit",
                "4.2.3 Age counts             | Cache-Control: max-age=60 // Age: 50                             | 9   | hit",
                "4.2.3 Age counts             | Cache-Control: max-age=60 // Age: 50 // ETag: \"a\"              | 10  | fwd=stale",
                "4.2.3 older than it may be   | Cache-Control: max-age=60 // Age: 70 // ETag: \"a\"              | 0   | fwd=stale",
                "4.2.3 apparent age           | Cache-Control: max-age=60 // Date: {-50} // ETag: \"a\"          | 10  | fwd=stale",
                "4.2.3 the greater counts     | Cache-Control: max-age=60 // Date: {-50} // Age: 10 // ETag: \"a\" | 10 | fwd=stale",
                "4.2.3 Date in the future     | Cache-Control: max-age=60 // Date: {+900}                        | 59  | hit",
                "4.2.3 absurd Age             | Cache-Control: max-age=60 // Age: 99999999999999 // ETag: \"a\"  | 0   | fwd=stale",
                "4.2.1 Age that is no number  | Cache-Control: max-age=60 // Age: abc // ETag: \"a\"             | 0   | fwd=stale",
                "4.2.1 Age that is no number  | Cache-Control: max-age=60 // Age: -20 // ETag: \"a\"             | 0   | fwd=stale",
                "4.2.1 Age that is no number  | Cache-Control: max-age=60 // Age: 2.0 // ETag: \"a\"             | 0   | fwd=stale",
                "4.2.1 Age with a parameter   | Cache-Control: max-age=60 // Age: 5;foo=1 // ETag: \"a\"         | 0   | fwd=stale",
                "4.2.1 Age of nothing         | Cache-Control: max-age=60 // Age:  // ETag: \"a\"                | 0   | fwd=stale",
                "4.2.1 Age twice              | Cache-Control: max-age=60 // Age: 50, 0 // ETag: \"a\"           | 0   | fwd=stale",
                "4.2.1 Age twice              | Cache-Control: max-age=60 // Age: 0, 50 // ETag: \"a\"           | 0   | fwd=stale",
                "4.2.1 Age twice the same     | Cache-Control: max-age=60 // Age: 0, 0 // ETag: \"a\"            | 0   | fwd=stale",
                "4.2.1 Age twice, in two lines | Cache-Control: max-age=60 // Age: 0 // Age: 50 // ETag: \"a\"    | 0   | fwd=stale",
                "5.1 Age of 0                 | Cache-Control: max-age=60 // Age: 0                              | 30  | hit",
                "4.2.4 must-revalidate, fresh | Cache-Control: max-age=60, must-revalidate                       | 59  | hit",
                "5.2.2.4 no-cache             | Cache-Control: max-age=60, no-cache // ETag: \"a\"               | 0   | fwd=stale",
                "5.2.2.4 no-cache, any case   | Cache-Control: max-age=60, No-CaChE // ETag: \"a\"               | 0   | fwd=stale",
                "5.2.2.4 no-cache of nothing  | Cache-Control: max-age=60, no-cache=\"\" // ETag: \"a\"          | 0   | fwd=stale",
                "5.2.2.4 no-cache of a field  | Cache-Control: max-age=60, no-cache=\"X-A\" // X-A: 1            | 30  | hit"
            })
    void aStoredResponseIsUsedWhileItIsFresh(String rule, String fields, long seconds, String outcome) {
        proxy.exchange("", 200, fields);
        proxy.pass(seconds);
        String got = proxy.outcome("");
        assertThat(got.equals("fwd=uri-miss") ? "fwd=stale" : got).as(rule).isEqualTo(outcome);
    }

    @ParameterizedTest(name = "{0}: the clock is set back by {1} s: {2}")
    @CsvSource({"a leap second, 1, hit", "4.2.3 nobody knows how old it is, 3600, fwd=stale"})
    void whatHasComeAtATimeThatIsStillToComeIsNotFresh(String rule, long seconds, String outcome) {
        proxy.exchange("", 200, "Cache-Control: max-age=60 // ETag: \"a\"");
        proxy.pass(-seconds);
        assertThat(proxy.outcome("")).as(rule).isEqualTo(outcome);
    }

    @ParameterizedTest(name = "{0}, status {1}, {2}, {3} s later: {4}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "4.2.2 a tenth of its age           | 200 | Last-Modified: {-1000}                     | 99    | hit",
                "4.2.2 a tenth of its age           | 200 | Last-Modified: {-1000}                     | 100   | fwd=stale",
                "4.2.2 a day at most                | 200 | Last-Modified: {-99999999}                 | 86400 | fwd=stale",
                "4.2.2 not where it is said         | 200 | Last-Modified: {-1000} // Expires: {+10}   | 50    | fwd=stale",
                "4.2.2 not of any status            | 201 | Last-Modified: {-1000}                     | 0     | fwd=uri-miss",
                "4.2.2 unless it is public          | 201 | Last-Modified: {-1000} // Cache-Control: public | 50 | hit",
                "4.2.2 not modified in the future   | 200 | Last-Modified: {+1000}                     | 0     | fwd=stale",
                "4.2.2 not without Last-Modified    | 200 | ETag: \"a\"                                | 0     | fwd=uri-miss"
            })
    void freshnessIsGuessedIfTheOptionsSaySo(String rule, int status, String fields, long seconds, String outcome) {
        proxy.with(CacheOptions.builder().heuristics(true)).exchange("", status, fields);
        proxy.pass(seconds);
        assertThat(proxy.outcome("")).as(rule).isEqualTo(outcome);
    }

    @ParameterizedTest(name = "{0}, {1}, {2} s later: {3}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "404 |                            | 9  | hit",
                "404 |                            | 10 | fwd=stale",
                "410 |                            | 9  | hit",
                "404 | Cache-Control: max-age=60  | 30 | hit",
                "404 | Cache-Control: no-store    | 0  | fwd=uri-miss",
                "403 |                            | 0  | fwd=uri-miss",
                "500 |                            | 0  | fwd=uri-miss",
                "200 |                            | 0  | fwd=uri-miss"
            })
    void errorsThatSayNothingAreStoredIfTheOptionsSaySo(int status, String fields, long seconds, String outcome) {
        proxy.with(CacheOptions.builder().negativeLifetime(Duration.ofSeconds(10)))
                .exchange("", status, fields);
        proxy.pass(seconds);
        assertThat(proxy.outcome("")).isEqualTo(outcome);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Sun, 06 Nov 1994 08:49:37 GMT    | 784111777000",
                "Sunday, 06-Nov-94 08:49:37 GMT   | 784111777000",
                "Sun Nov  6 08:49:37 1994         | 784111777000",
                "Sun Nov 16 08:49:37 1994         | 784975777000",
                "Thursday, 18-Aug-50 02:01:18 GMT | 2544400878000",
                "Fri, 31 Dec 1999 23:59:60 GMT    | 946684800000"
            })
    void datesHaveThreeForms(String text, long millis) {
        assertThat(HttpDates.parse(text, proxy.now().toEpochMilli())).isEqualTo(millis);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0",
                "-1",
                "Thu, 18 Aug 2050 02:01:18 UTC",
                "Thu, 18 AUG 2050 02:01:18 GMT",
                "Thu, 18 Aug 50 02:01:18 GMT",
                "Thu 18 Aug 2050 02:01:18 GMT",
                "Thu, 18  Aug  2050 02:01:18 GMT",
                "Thu, 18-Aug-2050 02:01:18 GMT",
                "Thu, 18 Aug 2050 02.01.18 GMT",
                "Thu, 18 Aug 2050 2:01:18 GMT",
                "Thu, 31 Feb 2050 02:01:18 GMT",
                "Thu, 18 Aug 2050 24:01:18 GMT",
                "Thu, 18 Aug 2050 02:01:18 +0000",
                "tomorrow, perhaps"
            })
    void whatHasNoneOfThemIsNoDate(String text) {
        assertThat(HttpDates.parse(text, proxy.now().toEpochMilli())).isEqualTo(HttpDates.INVALID);
    }
}
