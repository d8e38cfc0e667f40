package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ContentCoding;
import java.util.List;
import org.eclipse.jetty.http.HttpFields;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static dev.gapless.proxy.ContentCoding.BROTLI;
import static dev.gapless.proxy.ContentCoding.GZIP;
import static dev.gapless.proxy.ContentCoding.ZSTANDARD;
import static org.assertj.core.api.Assertions.assertThat;

/** RFC 9110, section 12.5.3, where zstd is preferred to br, and that to gzip. */
final class AcceptedCodingsTest {
    private static final List<ContentCoding> ALL = List.of(ZSTANDARD, BROTLI, GZIP);

    private static String preferred(List<ContentCoding> offered, String... fields) {
        HttpFields.Mutable head = HttpFields.build();
        for (String field : fields) {
            head.add("Accept-Encoding", field);
        }
        ContentCoding coding = AcceptedCodings.preferred(head, offered);
        return coding == null ? "identity" : coding.token();
    }

    @Test
    void whoSaysNothingGetsBodiesAsTheyAre() {
        assertThat(preferred(ALL)).isEqualTo("identity");
        assertThat(preferred(ALL, "")).isEqualTo("identity");
        assertThat(preferred(ALL, " , ,")).isEqualTo("identity");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "gzip|gzip",
                "br|br",
                "zstd|zstd",
                "GZip|gzip",
                "x-gzip|gzip",
                "deflate, gzip|gzip",
                "gzip, deflate, br, zstd|zstd",
                "gzip, deflate, br|br",
                "gzip,br|br",
                "gzip;q=1.0, br;q=0.9|gzip",
                "gzip ; q=0.5 , br ; Q=0.501|br",
                "gzip;q=0.001|gzip",
                "gzip;q=1.000|gzip",
                "gzip;q=0|identity",
                "gzip;q=0.000|identity",
                "gzip;q=0, br|br",
                "gzip;q=0, x-gzip|identity",
                "deflate|identity",
                "compress, foo|identity",
                "*|zstd",
                "*;q=0.1|zstd",
                "*;q=0|identity",
                "gzip, *;q=0|gzip",
                "zstd;q=0, *|br",
                "gzip;q=0.5, *;q=0.1|gzip",
                "gzip;q=0.5, *|zstd",
                "br;q=0, zstd;q=0, *|gzip",
                "identity|identity",
                "identity, gzip|gzip",
                "gzip, identity|gzip",
                "identity;q=1, gzip;q=0.5|identity",
                "identity;q=0.5, gzip;q=0.6|gzip",
                "identity;q=0.5, *;q=0|identity",
                "identity;q=0, gzip;q=0.1|gzip",
                "identity;q=0|identity",
                "identity;q=0, *;q=0|identity",
                "identity, *|zstd",
                // malformed
                "gzip br|identity",
                "gzip;|identity",
                "gzip;q|identity",
                "gzip;q=|identity",
                "gzip;q=x|identity",
                "gzip;q=-1|identity",
                "gzip;q=1.5|identity",
                "gzip;q=2, br|identity",
                "gzip;level=9|identity",
                "gzip;q=1;q=0|identity",
                ";q=1|identity",
                "(gzip)|identity",
                "gzip, ;|identity",
                "gzip/br|identity",
                // empty elements are allowed (RFC 9110, section 5.6.1.2)
                ", gzip ,, |gzip"
            })
    void theOneThatIsLikedBestCounts(String field, String coding) {
        assertThat(preferred(ALL, field)).isEqualTo(coding);
    }

    @Test
    void severalFieldsAreOne() {
        assertThat(preferred(ALL, "gzip", "br")).isEqualTo("br");
        assertThat(preferred(ALL, "gzip;q=0.5", "*;q=0")).isEqualTo("gzip");
        assertThat(preferred(ALL, "gzip", "br;q=x")).isEqualTo("identity");
    }

    @Test
    void whatIsNotOfferedIsNotChosen() {
        assertThat(preferred(List.of(GZIP), "br, gzip;q=0.1")).isEqualTo("gzip");
        assertThat(preferred(List.of(GZIP), "br")).isEqualTo("identity");
        assertThat(preferred(List.of(), "*")).isEqualTo("identity");
    }

    @Test
    void theOrderOfTheServiceDecidesAmongEquals() {
        assertThat(preferred(List.of(GZIP, BROTLI, ZSTANDARD), "zstd, br, gzip"))
                .isEqualTo("gzip");
        assertThat(preferred(List.of(BROTLI, GZIP), "zstd, br, gzip")).isEqualTo("br");
    }
}
