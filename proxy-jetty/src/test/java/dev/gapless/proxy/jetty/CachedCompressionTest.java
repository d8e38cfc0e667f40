package dev.gapless.proxy.jetty;

import dev.gapless.proxy.CachePurge;
import dev.gapless.proxy.CompressionOptions;
import dev.gapless.proxy.ContentCoding;
import dev.gapless.proxy.HeaderOptions;
import dev.gapless.proxy.HeaderRules;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

/** What is stored as it is and in the codings that clients accept, and what is not compressed. */
class CachedCompressionTest extends CachedCompressionScaffold {
    @ParameterizedTest
    @ValueSource(strings = {"gzip", "br", "zstd"})
    void eachCodingIsMadeOnceForAll(String coding) throws Exception {
        serveBoth(counting(page("ETag: \"v1\"", "Accept-Ranges: bytes")));
        RawMessage first = client().get("/", "Accept-Encoding: " + coding);

        for (int i = 0; i < 2; i++) {
            RawMessage hit = client().get("/", "Accept-Encoding: " + coding);
            assertThat(hit.field("X-Cache")).isEqualTo("hit");
            assertThat(hit.field("Content-Encoding")).isEqualTo(coding);
            assertThat(hit.field("Content-Length")).isEqualTo(String.valueOf(hit.body().length));
            assertThat(hit.all("Vary")).containsExactly("Accept-Encoding");
            assertThat(hit.field("ETag")).isEqualTo("W/\"v1\"");
            assertThat(hit.names()).doesNotContain("accept-ranges");
            assertThat(hit.body()).isEqualTo(first.body());
        }
        assertThat(first.field("X-Cache")).isEqualTo("miss");
        assertThat(Decoded.text(first)).isEqualTo(TEXT);
        assertThat(asked).hasValue(1);
    }

    @Test
    void whoAcceptsNoneGetsWhatTheTargetHasSent() throws Exception {
        serveBoth(counting(page("ETag: \"v1\"", "Accept-Ranges: bytes")));
        client().get("/", GZIP);

        for (String accepted : List.of("X: y", "Accept-Encoding: identity", "Accept-Encoding: gzip;q=0")) {
            RawMessage hit = client().get("/", accepted);
            assertThat(hit.text()).isEqualTo(TEXT);
            assertThat(hit.field("ETag")).isEqualTo("\"v1\"");
            assertThat(hit.field("Accept-Ranges")).isEqualTo("bytes");
            assertThat(hit.field("Vary")).isEqualTo("Accept-Encoding");
            assertThat(hit.field("Content-Length")).isEqualTo(String.valueOf(TEXT.length()));
            assertThat(hit.names()).doesNotContain("content-encoding");
        }
        assertThat(asked).hasValue(1);
    }

    @Test
    void aTargetIsAskedForTheBodyAsItIs() throws Exception {
        RawTarget target = serveBoth(counting(page("Vary: Accept-Encoding")));

        RawMessage first = client().get("/", "Accept-Encoding: br, gzip");
        RawMessage second = client().get("/", "Accept-Encoding: gzip");

        assertThat(target.taken().field("Accept-Encoding")).isEqualTo("identity");
        assertThat(first.field("Content-Encoding")).isEqualTo("br");
        assertThat(second.field("Content-Encoding")).isEqualTo("gzip");
        assertThat(second.all("Vary")).containsExactly("Accept-Encoding");
        assertThat(asked).hasValue(1);
    }

    @Test
    void whatIsNotCachedIsAskedForAsItsClientAcceptsIt() throws Exception {
        RawTarget target = serveBoth(counting(RawTarget.OK));
        RawClient client = client();

        client.send(RawClient.head("POST", "/", "Content-Length: 0", GZIP)).read();
        client.get("/", GZIP, "Cache-Control: no-transform");

        assertThat(target.taken().field("Accept-Encoding")).isEqualTo("gzip");
        assertThat(target.taken().field("Accept-Encoding")).isEqualTo("gzip");
    }

    @Test
    void whatMayNotBeStoredIsCompressedForItsClient() throws Exception {
        serveBoth(counting(response(200, TEXT, HTML, "Cache-Control: private")));

        RawMessage response = client().get("/", GZIP);

        assertThat(Decoded.text(response)).isEqualTo(TEXT);
        assertThat(response.field("X-Cache")).isEqualTo("miss");
        assertThat(response.field("Vary")).isEqualTo("Accept-Encoding");
    }

    @Test
    void whatTheTargetHasCompressedIsStoredAsItIs() throws Exception {
        serveBoth(counting(page("Content-Encoding: br", "ETag: \"v1\"")));

        for (String use : List.of("miss", "hit")) {
            RawMessage response = client().get("/", GZIP);
            assertThat(response.field("X-Cache")).isEqualTo(use);
            assertThat(response.field("Content-Encoding")).isEqualTo("br");
            assertThat(response.field("ETag")).isEqualTo("\"v1\"");
            assertThat(response.text()).isEqualTo(TEXT);
            assertThat(response.names()).doesNotContain("vary");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "text/html|4400|true",
                "text/html|1023|false",
                "image/png|4400|false",
                "text/html ~ Cache-Control: no-transform|4400|false",
                "text/html ~ X-Sendfile: /x|4400|false",
            })
    void theRulesAreThoseOfOtherResponses(String type, int length, boolean compressed) throws Exception {
        serveBoth(counting(
                fresh(TEXT.substring(0, length), "Content-Type: " + type.replace(" ~ ", "\r\n"), "ETag: \"v1\"")));

        for (int i = 0; i < 2; i++) {
            RawMessage response = client().get("/", GZIP);
            assertThat(response.field("Content-Encoding")).isEqualTo(compressed ? "gzip" : null);
            assertThat(response.field("Vary")).isEqualTo(compressed ? "Accept-Encoding" : null);
        }
        RawMessage notModified = client().get("/", GZIP, "If-None-Match: \"v1\"");
        assertThat(notModified.status()).isEqualTo(304);
        assertThat(notModified.field("Vary")).isEqualTo(compressed ? "Accept-Encoding" : null);
    }

    @Test
    void rulesForResponsesComeBefore() throws Exception {
        HeaderRules rules =
                HeaderRules.builder().set("Cache-Control", "no-transform").build();
        serveBoth(
                counting(page()),
                both().headers(HeaderOptions.builder().responseRules(rules).build())
                        .build());

        assertThat(client().get("/", GZIP).names()).doesNotContain("content-encoding", "vary");
        assertThat(client().get("/", GZIP).names()).doesNotContain("content-encoding", "vary");
        assertThat(asked).hasValue(1);
    }

    @Test
    void whoHasSecretsGetsBodiesAsTheyAreIfTheOptionsSaySo() throws Exception {
        serveBoth(
                counting(page()),
                cached().compression(CompressionOptions.builder()
                                .authenticated(false)
                                .build())
                        .build());
        client().get("/", GZIP);

        RawMessage hit = client().get("/", GZIP, "Cookie: a=b");

        assertThat(hit.field("X-Cache")).isEqualTo("hit");
        assertThat(hit.text()).isEqualTo(TEXT);
        assertThat(hit.field("Vary")).isEqualTo("Accept-Encoding");
        assertThat(client().get("/", GZIP).field("Content-Encoding")).isEqualTo("gzip");
    }

    @Test
    void aClientOfHttp10GetsTheBodyAsItIs() throws Exception {
        serveBoth(counting(page()));
        client().get("/", GZIP);

        RawMessage hit = client().send(RawClient.head("GET", "/", GZIP).replace("HTTP/1.1", "HTTP/1.0"))
                .read();

        assertThat(hit.field("X-Cache")).isEqualTo("hit");
        assertThat(hit.text()).isEqualTo(TEXT);
    }

    @Test
    void bytesThatCannotBeCompressedComeThrough() throws Exception {
        byte[] noise = new byte[300_000];
        new SplittableRandom(7).nextBytes(noise);
        serveBoth(counting(pageOf(new String(noise, ISO_8859_1))));

        for (String coding : List.of("gzip", "br", "zstd", "gzip", "br", "zstd")) {
            RawMessage response = client().get("/", "Accept-Encoding: " + coding);
            assertThat(Decoded.whole(coding, response.body())).as(coding).isEqualTo(noise);
        }
        assertThat(asked).hasValue(1);
    }

    @Test
    void whatIsCompressedCountsInTheStoreAndGoesWithItsEntry() throws Exception {
        serveBoth(counting(page()));
        client().get("/");
        long before = store.weight();
        byte[] first = client().get("/", GZIP).body();
        assertThat(store.weight()).isBetween(before + first.length, before + first.length + 300);

        proxy.services().purge(CachePurge.everything());

        assertThat(store.weight()).isZero();
        assertThat(client().get("/", GZIP).field("X-Cache")).isEqualTo("miss");
    }

    @Test
    void whileTooMuchIsCompressedItGoesAsItIs() throws Exception {
        serveBoth(counting(page("ETag: \"v1\"")));
        client().get("/");
        Encoders encoders = proxy.assembly.encoders();
        List<Encoder> others = new ArrayList<>();
        CompressionOptions options = CompressionOptions.defaults();
        for (Encoder next = encoders.open(ContentCoding.GZIP, options, 1);
                next != null;
                next = encoders.open(ContentCoding.GZIP, options, 1)) {
            others.add(next);
        }

        RawMessage meanwhile = client().get("/", GZIP);
        others.forEach(Encoder::close);
        RawMessage afterwards = client().get("/", GZIP);

        assertThat(meanwhile.text()).isEqualTo(TEXT);
        assertThat(meanwhile.field("ETag")).isEqualTo("\"v1\"");
        assertThat(meanwhile.field("Vary")).isEqualTo("Accept-Encoding");
        assertThat(afterwards.field("Content-Encoding")).isEqualTo("gzip");
    }
}
