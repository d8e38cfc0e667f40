package dev.gapless.proxy.cache;

import dev.gapless.proxy.RequestHead;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Conditions and ranges of requests for what is there, each row with the section of RFC 9110 that asks for it. */
final class RepresentationTest {
    private static final long NOW = HttpDates.parse("Sun, 06 Nov 1994 12:00:00 GMT", 0);
    private static final String MODIFIED = "Sun, 06 Nov 1994 08:49:37 GMT";

    @ParameterizedTest(name = "{0}: {1} {2} is {3}")
    @CsvSource(
            delimiter = '|',
            value = {
                "13.1.1 | GET | If-Match: \"t\"                                                             | 200 0-10",
                "13.1.1 | GET | If-Match: *                                                                 | 200 0-10",
                "13.1.1 | GET | If-Match: \"x\", \"t\"                                                      | 200 0-10",
                "13.1.1 | GET | If-Match: \"x\"                                                             | 412 0-0",
                "13.1.1 | GET | If-Match: W/\"t\"                                                           | 412 0-0",
                "13.1.2 | GET | If-None-Match: \"t\"                                                        | 304 0-0",
                "13.1.2 | GET | If-None-Match: W/\"t\"                                                      | 304 0-0",
                "13.1.2 | GET | If-None-Match: *                                                            | 304 0-0",
                "13.1.2 | GET | If-None-Match: \"x\"                                                        | 200 0-10",
                "13.1.2 | HEAD | If-None-Match: \"t\"                                                       | 304 0-0",
                "13.1.3 | GET | If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT                            | 304 0-0",
                "13.1.3 | GET | If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT                            | 200 0-10",
                "13.1.3 | GET | If-Modified-Since: yesterday                                                | 200 0-10",
                "13.1.3 | GET | If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT; If-None-Match: \"x\"      | 200 0-10",
                "13.1.4 | GET | If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT                          | 412 0-0",
                "13.1.4 | GET | If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT                          | 200 0-10",
                "13.1.4 | GET | If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT; If-Match: \"t\"         | 200 0-10",
                "13.2.2 | GET | If-Match: \"x\"; If-None-Match: \"t\"                                       | 412 0-0",
                "13.2.2 | GET | If-None-Match: \"t\"; Range: bytes=0-1                                      | 304 0-0",
                "13.1.5 | GET | Range: bytes=0-1; If-Range: \"t\"                                           | 206 0-2",
                "13.1.5 | GET | Range: bytes=0-1; If-Range: \"x\"                                           | 200 0-10",
                "13.1.5 | GET | Range: bytes=0-1; If-Range: W/\"t\"                                         | 200 0-10",
                "13.1.5 | GET | Range: bytes=0-1; If-Range: Sun, 06 Nov 1994 08:49:37 GMT                   | 200 0-10",
                "13.1.5 | GET | Range: bytes=0-1; If-Range: Sun, 06 Nov 1994 08:49:38 GMT                   | 200 0-10",
                "13.1.5 | GET | Range: bytes=20-; If-Range: \"x\"                                           | 200 0-10",
                "14.1.2 | GET | Range: bytes=2-                                                             | 206 2-10",
                "14.1.2 | GET | Range: bytes=-3                                                             | 206 7-10",
                "14.1.2 | GET | Range: bytes=-30                                                            | 206 0-10",
                "14.1.2 | GET | Range: bytes=8-99                                                           | 206 8-10",
                "14.1.2 | GET | Range: bytes=3-2                                                            | 200 0-10",
                "14.2   | HEAD | Range: bytes=0-1                                                           | 200 0-10",
                "14.2   | GET | Range: bytes=0-1,4-5                                                        | 200 0-10",
                "14.2   | GET | Range: lines=0-1                                                            | 200 0-10",
                "15.5.17 | GET | Range: bytes=10-                                                           | 416 0-0",
                "15.5.17 | GET | Range: bytes=-0                                                            | 416 0-0",
            })
    void requestsAreJudged(String section, String method, String fields, String expected) {
        Representation file = new Representation("\"t\"", MODIFIED, 10);

        assertThat(told(file.judge(request(method, fields), NOW))).as(section).isEqualTo(expected);
    }

    /** Section 13.1.5: who has a strong tag must not do so. */
    @ParameterizedTest
    @ValueSource(strings = {"W/\"t\"", ""})
    void withoutAStrongTagADateTellsWhatMayBeContinued(String tag) {
        Representation file = new Representation(tag.isEmpty() ? null : tag, MODIFIED, 10);

        assertThat(told(file.judge(request("GET", "Range: bytes=0-1; If-Range: " + MODIFIED), NOW)))
                .isEqualTo("206 0-2");
    }

    @ParameterizedTest(name = "{0}: {1} is {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "13.1.1 | If-Match: *                                         | 200 0-10",
                "13.1.1 | If-Match: \"t\"                                     | 412 0-0",
                "13.1.2 | If-None-Match: \"t\"                                | 200 0-10",
                "13.1.3 | If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT    | 200 0-10",
                "13.1.4 | If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT  | 200 0-10",
                "13.1.5 | Range: bytes=0-1; If-Range: \"t\"                   | 200 0-10",
            })
    void withoutValidatorsNothingIsKnown(String section, String fields, String expected) {
        Representation file = new Representation(null, null, 10);

        assertThat(told(file.judge(request("GET", fields), NOW))).as(section).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"bytes=0-, 416 0-0", "bytes=-1, 416 0-0", "lines=1, 200 0-0"})
    void nothingHasNoParts(String range, String expected) {
        Representation empty = new Representation("\"t\"", MODIFIED, 0);

        assertThat(told(empty.judge(request("GET", "Range: " + range), NOW))).isEqualTo(expected);
    }

    private static String told(Representation.Part part) {
        return part.status() + " " + part.from() + "-" + part.to();
    }

    private static RequestHead request(String method, String fields) {
        Map<String, String> headers = new HashMap<>();
        for (String field : fields.split("; ", -1)) {
            headers.put(
                    field.substring(0, field.indexOf(':')).toLowerCase(Locale.ROOT),
                    field.substring(field.indexOf(':') + 2));
        }
        return new Asked(method, headers);
    }

    /** A request of which only method and fields count. */
    private record Asked(String method, Map<String, String> headers) implements RequestHead {
        @Override
        public boolean secure() {
            return false;
        }

        @Override
        public String host() {
            return "example.com";
        }

        @Override
        public String path() {
            return "/";
        }

        @Override
        public @Nullable String query() {
            return null;
        }

        @Override
        public @Nullable String header(String name) {
            return headers.get(name.toLowerCase(Locale.ROOT));
        }

        @Override
        public String remoteAddress() {
            return "127.0.0.1";
        }
    }
}
