package dev.gapless.proxy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

final class ErrorPagesTest {
    private static final int MIB = 1 << 20;

    @TempDir
    private Path directory;

    private void write(String name, String text) throws IOException {
        Files.writeString(directory.resolve(name), text);
    }

    private void refused(String... parts) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ErrorPages.fromDirectory(directory))
                .withMessageStartingWith("error pages: directory \"" + directory + "\"")
                .satisfies(refusal -> assertThat(refusal.getMessage()).contains(parts));
    }

    @Test
    void aPageIsReadForEachStatusThatHasOne() throws IOException {
        write("404.html", "<h1>Nothing here</h1>");
        write("503.html", "{{ if .Message }}{{ .Message }}{{ else }}Back soon{{ end }} – ü");

        ErrorPages pages = ErrorPages.fromDirectory(directory);

        assertThat(pages.directory()).contains(directory);
        assertThat(pages.sources().keySet()).containsExactly(404, 503);
        assertThat(pages.render(404, "ignored")).contains("<h1>Nothing here</h1>");
        assertThat(pages.render(503, "")).contains("Back soon – ü");
        assertThat(pages.render(503, "<b>")).contains("&lt;b&gt; – ü");
        assertThat(pages.render(502, "message")).isEmpty();
        assertThat(pages.render(0, "")).isEmpty();
        assertThat(pages).hasToString("ErrorPages[404, 503] of " + directory);
    }

    @Test
    void whatIsNoPageIsIgnored() throws IOException {
        for (String name : new String[] {
            "200.html",
            "399.html",
            "600.html",
            "0503.html",
            "503.htm",
            "503.html.bak",
            "index.html",
            "5xx.html",
            "٥03.html"
        }) {
            write(name, "{{ unknown }}");
        }
        Files.createDirectory(directory.resolve("assets"));
        write("400.html", "first");
        write("599.html", "last");

        assertThat(ErrorPages.fromDirectory(directory).sources()).isEqualTo(Map.of(400, "first", 599, "last"));
    }

    @Test
    void pagesAreReadOnce() throws IOException {
        write("503.html", "before");
        ErrorPages pages = ErrorPages.fromDirectory(directory);

        write("503.html", "after");
        write("404.html", "new");

        assertThat(pages.render(503, "")).contains("before");
        assertThat(pages.render(404, "")).isEmpty();
    }

    @Test
    void aRelativeDirectoryIsRememberedAsAnAbsoluteOne() throws IOException {
        write("503.html", "page");
        Path relative = Path.of("").toAbsolutePath().relativize(directory);

        assertThat(ErrorPages.fromDirectory(relative).directory()).contains(relative.toAbsolutePath());
    }

    @Test
    void aLinkToAPageIsFollowed() throws IOException {
        write("maintenance", "linked");
        Files.createSymbolicLink(directory.resolve("503.html"), Path.of("maintenance"));

        assertThat(ErrorPages.fromDirectory(directory).render(503, "")).contains("linked");
    }

    @Test
    void anEmptyPageIsAPage() throws IOException {
        write("503.html", "");

        assertThat(ErrorPages.fromDirectory(directory).render(503, "message")).contains("");
    }

    @Test
    void aMissingDirectoryIsRefused() {
        directory = directory.resolve("missing");

        refused("does not exist");
    }

    @Test
    void aFileInPlaceOfTheDirectoryIsRefused() throws IOException {
        write("503.html", "page");
        directory = directory.resolve("503.html");

        refused("is not a directory");
    }

    @Test
    void aDirectoryWithoutAnyPageIsRefused() throws IOException {
        write("index.html", "page");

        refused("has no page", "503.html");
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aDirectoryThatCannotBeListedIsRefused() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("-wx------"));
        try {
            assumeThat(Files.isReadable(directory))
                    .as("permissions do not bind this user")
                    .isFalse();
            refused("cannot be listed");
        } finally {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        }
    }

    @Test
    void aDirectoryNamedLikeAPageIsRefused() throws IOException {
        write("404.html", "page");
        Files.createDirectory(directory.resolve("503.html"));

        refused("503.html cannot be read: it is not a file");
    }

    @Test
    void aLinkToNothingIsRefused() throws IOException {
        Files.createSymbolicLink(directory.resolve("503.html"), Path.of("missing"));

        refused("503.html cannot be read");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aPageThatFailsWhileItIsReadIsRefused() throws IOException {
        // The first page of a process's memory is never mapped, so reading it is an input error for every user.
        Path link = Files.createSymbolicLink(directory.resolve("503.html"), Path.of("/proc/self/mem"));
        try {
            assumeThat(link).isRegularFile();
            refused("503.html cannot be read: java.io.IOException");
        } finally {
            Files.delete(link);
        }
    }

    @Test
    void aPageThatIsNotUtf8IsRefused() throws IOException {
        Files.write(directory.resolve("503.html"), "für".getBytes(StandardCharsets.ISO_8859_1));

        refused("503.html is not UTF-8");
    }

    @Test
    void aMalformedPageIsRefused() throws IOException {
        write("404.html", "page");
        write("503.html", "<p>\n{{ if .Message }}</p>");

        refused("503.html, line 2: {{ if }} without {{ end }}");
    }

    @Test
    void aPageMayHaveOneMebibyte() throws IOException {
        write("503.html", "x".repeat(MIB));
        assertThat(ErrorPages.fromDirectory(directory).sources().get(503)).hasSize(MIB);

        write("503.html", "x".repeat(MIB + 1));
        refused("503.html has more than 1048576 bytes");
    }

    @Test
    void pagesFromMemoryAreTheSame() throws IOException {
        write("404.html", "nothing");
        write("503.html", "{{ .Message }} ü");
        ErrorPages read = ErrorPages.fromDirectory(directory);

        ErrorPages pages = ErrorPages.of(read.sources());

        assertThat(pages.directory()).isEmpty();
        assertThat(pages.sources()).isEqualTo(read.sources());
        assertThat(pages.render(503, "&")).contains("&amp; ü");
        assertThat(pages).hasToString("ErrorPages[404, 503]");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 200, 399, 600, Integer.MAX_VALUE})
    void aStatusThatIsNoErrorIsRefused(int status) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ErrorPages.of(Map.of(status, "page")))
                .withMessage("error pages: status " + status + " is outside 400 to 599");
    }

    @Test
    void noPagesAtAllAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ErrorPages.of(Map.of()))
                .withMessageStartingWith("error pages: no page");
    }

    @Test
    void aPageFromMemoryIsCheckedToo() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ErrorPages.of(Map.of(503, "{{ end }}")))
                .withMessage("error pages: the page for 503, line 1: {{ end }} without {{ if }}");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ErrorPages.of(Map.of(503, "a\ud83db")))
                .withMessageStartingWith("error pages: the page for 503 cannot be encoded as UTF-8");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ErrorPages.of(Map.of(503, "ü".repeat(MIB / 2) + "x")))
                .withMessage("error pages: the page for 503 has more than 1048576 bytes");
    }

    @Test
    void equalPagesOfOneDirectoryAreEqual() throws IOException {
        write("503.html", "page");
        ErrorPages pages = ErrorPages.fromDirectory(directory);

        assertThat(pages)
                .isEqualTo(ErrorPages.fromDirectory(directory))
                .hasSameHashCodeAs(ErrorPages.fromDirectory(directory));
        assertThat(pages).isNotEqualTo(ErrorPages.of(Map.of(503, "page")));
        assertThat(ErrorPages.of(Map.of(503, "page")))
                .isEqualTo(ErrorPages.of(Map.of(503, "page")))
                .hasSameHashCodeAs(ErrorPages.of(Map.of(503, "page")))
                .isNotEqualTo(ErrorPages.of(Map.of(503, "other")))
                .isNotEqualTo(ErrorPages.of(Map.of(502, "page")));
        write("503.html", "other");
        assertThat(pages).isNotEqualTo(ErrorPages.fromDirectory(directory));
    }

    @Test
    void theSourcesCannotBeChanged() {
        Map<Integer, String> sources = ErrorPages.of(Map.of(503, "page")).sources();

        assertThatThrownBy(() -> sources.put(404, "page")).isInstanceOf(UnsupportedOperationException.class);
    }
}
