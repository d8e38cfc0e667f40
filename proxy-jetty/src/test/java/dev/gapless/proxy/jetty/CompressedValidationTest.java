package dev.gapless.proxy.jetty;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Tags, heads, ranges and revalidation where a stored response has compressed forms. */
class CompressedValidationTest extends CachedCompressionScaffold {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"\"v1\"|\"v1\"", "W/\"v1\"|W/\"v1\"", "\"v0\", W/\"v1\"|W/\"v1\"", "*|\"v1\""})
    void aClientThatHasItIsToldSoWithTheTagThatItKnows(String known, String said) throws Exception {
        serveBoth(counting(page("ETag: \"v1\"")));
        client().get("/", GZIP);

        RawMessage notModified = client().get("/", GZIP, "If-None-Match: " + known);

        assertThat(notModified.status()).isEqualTo(304);
        assertThat(notModified.field("ETag")).isEqualTo(said);
        assertThat(notModified.all("Vary")).containsExactly("Accept-Encoding");
        assertThat(notModified.names()).doesNotContain("content-encoding", "content-length");
        assertThat(asked).hasValue(1);
    }

    @Test
    void theTargetIsAskedByItsOwnTagAndWhatIsCompressedStays() throws Exception {
        RawTarget target = serveBoth(counting((request, connection) -> connection.send(
                request.field("If-None-Match") == null
                        ? page("ETag: \"v1\"")
                        : "HTTP/1.1 304 X\r\nETag: \"v1\"\r\nCache-Control: max-age=60\r\n\r\n")));
        byte[] made = client().get("/", GZIP).body();
        target.taken();
        time.advance(Duration.ofSeconds(61));

        RawMessage validated = client().get("/", GZIP, "If-None-Match: W/\"v0\"");

        RawMessage asks = target.taken();
        assertThat(asks.field("If-None-Match")).isEqualTo("\"v1\"");
        assertThat(asks.field("Accept-Encoding")).isEqualTo("identity");
        assertThat(validated.status()).isEqualTo(200);
        assertThat(validated.field("ETag")).isEqualTo("W/\"v1\"");
        assertThat(validated.field("Content-Length")).isEqualTo(String.valueOf(made.length));
        assertThat(validated.body()).isEqualTo(made);
        assertThat(client().get("/", GZIP).body()).isEqualTo(made);
        assertThat(asked).hasValue(2);
    }

    @Test
    void whatTheTargetSendsAnewIsCompressedAnew() throws Exception {
        serveBoth(counting((request, connection) ->
                connection.send(pageOf(TEXT + asked.get(), "ETag: \"v" + asked.get() + "\""))));
        assertThat(Decoded.text(client().get("/", GZIP))).isEqualTo(TEXT + 1);
        long one = store.weight();
        time.advance(Duration.ofSeconds(61));

        for (int i = 0; i < 3; i++) {
            RawMessage response = client().get("/", GZIP);
            assertThat(Decoded.text(response)).isEqualTo(TEXT + 2);
            assertThat(response.field("ETag")).isEqualTo("W/\"v2\"");
        }
        assertThat(store.weight()).isBetween(one - 150, one + 150);
    }

    @Test
    void theHeadAloneIsThatOfTheWhole() throws Exception {
        serveBoth(counting(page("ETag: \"v1\"", "Accept-Ranges: bytes")));
        client().get("/");
        RawClient client = client();
        String request = RawClient.head("HEAD", "/", GZIP);

        RawMessage before = client.send(request).readHead();
        RawMessage whole = client.get("/", GZIP);
        RawMessage after = client.send(request).readHead();

        for (RawMessage head : List.of(before, after)) {
            assertThat(head.field("Content-Encoding")).isEqualTo("gzip");
            assertThat(head.field("ETag")).isEqualTo("W/\"v1\"");
            assertThat(head.field("Vary")).isEqualTo("Accept-Encoding");
            assertThat(head.names()).doesNotContain("accept-ranges");
        }
        assertThat(before.names()).doesNotContain("content-length");
        assertThat(after.field("Content-Length")).isEqualTo(String.valueOf(whole.body().length));
        assertThat(asked).hasValue(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a strong tag tells it from the compressed one|ETag: \"v1\"|X: y|206",
                "the tag is that of the body as it is|ETag: \"v1\"|If-Range: \"v1\"|206",
                "the tag is that of the compressed one|ETag: \"v1\"|If-Range: W/\"v1\"|200",
                "the date is that of both|ETag: \"v1\"|If-Range: Thu, 01 Jan 2015 00:00:00 GMT|200",
                "a weak tag is that of both|ETag: W/\"v1\"|X: y|200",
                "nothing tells them apart|X: y|X: y|200",
                "nor does the date|X: y|If-Range: Thu, 01 Jan 2015 00:00:00 GMT|200"
            })
    void aRangeIsOneOfTheBodyAsItIsIfTheClientCanTell(String why, String tag, String condition, int status)
            throws Exception {
        serveBoth(counting(page(tag, "Last-Modified: Thu, 01 Jan 2015 00:00:00 GMT")));
        byte[] whole = client().get("/", GZIP).body();

        RawMessage response = client().get("/", GZIP, "Range: bytes=10-19", condition);

        assertThat(response.status()).as(why).isEqualTo(status);
        assertThat(response.all("Vary")).containsExactly("Accept-Encoding");
        if (status == 206) {
            assertThat(response.text()).isEqualTo(TEXT.substring(10, 20));
            assertThat(response.field("ETag")).isEqualTo("\"v1\"");
            assertThat(response.names()).doesNotContain("content-encoding");
        } else {
            assertThat(response.body()).isEqualTo(whole);
            assertThat(response.field("Content-Encoding")).isEqualTo("gzip");
            assertThat(response.names()).doesNotContain("content-range");
        }
        assertThat(asked).hasValue(1);
    }

    @Test
    void rangesOfWhatNobodyGetsCompressedStayRanges() throws Exception {
        serveBoth(counting((request, connection) -> connection.send(
                fresh(TEXT, "Content-Type: " + (request.requestTarget().equals("/i") ? "image/png" : "text/css")))));
        client().get("/i", GZIP);
        client().get("/t", GZIP);

        assertThat(client().get("/i", GZIP, "Range: bytes=10-19").status()).isEqualTo(206);
        assertThat(client().get("/t", "Range: bytes=10-19").status()).isEqualTo(206);
        assertThat(client().get("/t", GZIP, "Range: bytes=9999-").status()).isEqualTo(200);
        assertThat(client().get("/t", "Range: bytes=9999-").status()).isEqualTo(416);
    }

    @Test
    void whatIsStaleIsCompressedToo() throws Exception {
        RawTarget target = serveBoth(
                counting(response(200, TEXT, HTML, "Cache-Control: max-age=10, stale-if-error=600", "ETag: \"v1\"")));
        byte[] made = client().get("/", GZIP).body();
        target.close();
        time.advance(Duration.ofSeconds(61));

        RawMessage stale = client().get("/", GZIP);

        assertThat(stale.field("Cache-Status")).contains("fwd=stale");
        assertThat(stale.body()).isEqualTo(made);
        assertThat(asked).hasValue(1);
    }
}
