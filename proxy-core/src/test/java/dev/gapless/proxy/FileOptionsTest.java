package dev.gapless.proxy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/** What may be said of the files that a service has sent. */
final class FileOptionsTest {
    @Test
    void aServiceHasNoFilesByDefault() {
        assertThat(ServiceOptions.defaults().sendfile()).isEmpty();
        assertThat(ServiceOptions.defaults().staticFiles()).isEmpty();
        assertThat(ServiceOptions.defaults().answersItself()).isFalse();
    }

    @Test
    void onlyStaticFilesAreServedWithoutATarget() {
        assertThat(ServiceOptions.builder()
                        .staticFiles(StaticFiles.in(Path.of("/srv")))
                        .build()
                        .answersItself())
                .isTrue();
        assertThat(ServiceOptions.builder()
                        .sendfile(SendfileOptions.below(Path.of("/srv")))
                        .build()
                        .answersItself())
                .isFalse();
    }

    @Test
    void sendfileNeedsADirectory() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SendfileOptions.builder().build())
                .withMessageContaining("root or a location");
    }

    @Test
    void directoriesAreMadeAbsoluteAndPrefixesCanonical() {
        SendfileOptions sendfile = SendfileOptions.builder()
                .root(Path.of("files/../more"))
                .location("/private/", Path.of("/srv/./p"))
                .build();

        assertThat(sendfile.roots()).containsExactly(Path.of("more").toAbsolutePath());
        assertThat(sendfile.locations()).containsExactly(new SendfileOptions.Location("/private", Path.of("/srv/p")));
    }

    @ParameterizedTest
    @CsvSource({"private, /srv", "/a/../b, /srv", "/a%20b, /srv", "/a, '/srv,b'", "/a, /srv=b", "'/a=b', /srv"})
    void aLocationThatCannotBeToldIsRefused(String prefix, String directory) {
        SendfileOptions.Builder sendfile = SendfileOptions.builder();

        assertThatIllegalArgumentException()
                .isThrownBy(() -> sendfile.location(prefix, Path.of(directory)))
                .withMessageContaining(prefix);
    }

    @Test
    void aLocationStandsForOneDirectory() {
        SendfileOptions.Builder sendfile = SendfileOptions.builder().location("/a", Path.of("/srv"));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> sendfile.location("/a/", Path.of("/other")))
                .withMessageContaining("\"/a\"");
    }

    @Test
    void staticFilesAreChecked() {
        StaticFiles.Builder files = StaticFiles.builder(Path.of("/srv"));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> files.pathPrefix("assets"))
                .withMessageContaining("\"assets\"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> files.fingerprint("("))
                .withMessageContaining("\"(\"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> files.keepPrevious(Duration.ofSeconds(-1)))
                .withMessageContaining("PT-1S");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "app-1f0c3b9a.css",
                "main.8f2d1c9a7b.js",
                "main.8f2d1c9a7b.chunk.js.map",
                "logo_0123456789abcdef0123456789abcdef.png"
            })
    void namesWithADigestOfTheirContentAreRecognized(String name) {
        assertThat(name).matches(Pattern.compile(StaticFiles.DEFAULT_FINGERPRINT));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "report-20240115.pdf",
                "app.js",
                "jquery-3.7.1.min.js",
                "cafe-decafbad.html",
                "1f0c3b9a.css",
                "app-1f0c3b9a",
                "README-Version2.md"
            })
    void otherNamesAreNot(String name) {
        assertThat(name).doesNotMatch(Pattern.compile(StaticFiles.DEFAULT_FINGERPRINT));
    }
}
