package dev.gapless.proxy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

final class CompressionOptionsTest {
    @Test
    void theDefaultsAreForTextOfSomeLength() {
        CompressionOptions options = CompressionOptions.defaults();

        assertThat(options.codings())
                .containsExactly(ContentCoding.ZSTANDARD, ContentCoding.BROTLI, ContentCoding.GZIP);
        assertThat(options.levels())
                .isEqualTo(Map.of(ContentCoding.ZSTANDARD, 3, ContentCoding.BROTLI, 4, ContentCoding.GZIP, 6));
        assertThat(options.types()).contains("text/*", "*+json", "*+xml", "application/wasm", "font/ttf");
        assertThat(options.types()).doesNotContain("font/woff2", "image/png");
        assertThat(options.minBytes()).isEqualTo(1024);
        assertThat(options.maxPadding()).isEqualTo(100);
        assertThat(options.authenticated()).isTrue();
    }

    @Test
    void aServiceCompressesNothingUnlessItIsTold() {
        assertThat(ServiceOptions.defaults().compression()).isEmpty();
        assertThat(ServiceOptions.builder()
                        .compression(CompressionOptions.defaults())
                        .build()
                        .compression())
                .isPresent();
    }

    @Test
    void whatCannotBeIsRefusedWithTheValue() {
        CompressionOptions.Builder builder = CompressionOptions.builder();
        assertThatThrownBy(builder::codings).hasMessage("codings [] must be at least one, and none twice");
        assertThatThrownBy(() -> builder.codings(ContentCoding.GZIP, ContentCoding.GZIP))
                .hasMessageContaining("[GZIP, GZIP]");
        assertThatThrownBy(() -> builder.level(ContentCoding.GZIP, 0)).hasMessage("level 0 of gzip is outside 1 to 9");
        assertThatThrownBy(() -> builder.level(ContentCoding.BROTLI, 12))
                .hasMessage("level 12 of br is outside 0 to 11");
        assertThatThrownBy(() -> builder.level(ContentCoding.ZSTANDARD, 20))
                .hasMessage("level 20 of zstd is outside 1 to 19");
        assertThatThrownBy(() -> builder.minBytes(-1)).hasMessage("min bytes -1 must not be negative");
        assertThatThrownBy(() -> builder.maxPadding(257)).hasMessage("max padding 257 is outside 0 to 256");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "text", "text/", "/html", "*/*", "*", "*+", "text/html; charset=utf-8", "a b/c"})
    void whatIsNoMediaTypeIsRefused(String type) {
        assertThatThrownBy(() -> CompressionOptions.builder().type(type))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("type \"" + type + "\"");
    }

    @Test
    void aBuilderThatIsUsedAgainChangesNothingThatWasBuilt() {
        CompressionOptions.Builder builder = CompressionOptions.builder().types(List.of("Text/HTML"));
        CompressionOptions before = builder.build();
        builder.type("text/css").level(ContentCoding.GZIP, 1);

        assertThat(before.types()).containsExactly("text/html");
        assertThat(before.levels()).containsEntry(ContentCoding.GZIP, 6);
        assertThat(builder.build().types()).containsExactly("text/html", "text/css");
    }
}
