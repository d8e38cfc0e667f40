package dev.gapless.proxy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A service's own pages for the errors that the proxy answers with, one for a status code: {@code 503.html} and so on.
 *
 * <p>A page is a template as Kamal's are, in a small part of Go's {@code html/template} language:
 *
 * <pre>{@code
 * {{ if .Message }}
 * <p>{{ .Message }}</p>
 * {{ else }}
 * <p>We will be back soon.</p>
 * {{ end }}
 * }</pre>
 *
 * <p>The message is what the operator said, when the service was stopped for example, and is empty if nothing was said. It is
 * escaped for the text of elements and for attributes in quotes; within {@code <script>} and {@code <style>} it is refused.
 * Comments stand between {@code /*} and <code>*&#47;</code> inside the braces, and a hyphen inside a brace, parted by a space
 * from what it encloses, takes the white space outside with it. Any other action is an error.
 *
 * <p>Pages are read and checked when an object of this class is made, and never again. Immutable; equal to another if the
 * pages and the directory are equal.
 */
public final class ErrorPages {
    /** The most that a page may have, in bytes of UTF-8. */
    private static final int MAX_PAGE_BYTES = 1 << 20;

    private final @Nullable Path directory;
    private final SortedMap<Integer, PageTemplate> templates;
    private final Map<Integer, String> sources;

    private ErrorPages(@Nullable Path directory, SortedMap<Integer, PageTemplate> templates) {
        this.directory = directory;
        this.templates = templates;
        SortedMap<Integer, String> texts = new TreeMap<>();
        templates.forEach((status, template) -> texts.put(status, template.source()));
        this.sources = Collections.unmodifiableMap(texts);
    }

    /**
     * Reads every {@code <status>.html} of a directory, for the statuses 400 to 599. Other files are ignored.
     *
     * @param directory where the pages are; what it has later does not matter
     * @return the pages
     * @throws IllegalArgumentException if the directory is missing, cannot be listed or has no page, or if a page cannot be
     *     read, has more than 1 MiB, is not UTF-8 or is malformed; the message says "error pages" and names the directory
     *     and the file
     */
    public static ErrorPages fromDirectory(Path directory) {
        Path absolute = directory.toAbsolutePath();
        if (!Files.isDirectory(absolute)) {
            throw refused(inDirectory(absolute) + (Files.exists(absolute) ? " is not a directory" : " does not exist"));
        }
        SortedMap<Integer, PageTemplate> templates = new TreeMap<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(absolute, "[45][0-9][0-9].html")) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                String place = inDirectory(absolute) + ": " + name;
                templates.put(Integer.valueOf(name.substring(0, 3)), readPage(place, file));
            }
        } catch (IOException | DirectoryIteratorException e) {
            throw refused(inDirectory(absolute) + " cannot be listed: " + e, e);
        }
        if (templates.isEmpty()) {
            throw refused(
                    inDirectory(absolute) + " has no page; expected files like 503.html, for a status of 400 to 599");
        }
        return new ErrorPages(absolute, templates);
    }

    /**
     * Takes pages from memory.
     *
     * @param pages a template for each status, 400 to 599
     * @return the pages
     * @throws IllegalArgumentException if there is no page, or if one is for another status, has more than 1 MiB as UTF-8,
     *     cannot be encoded or is malformed; the message says "error pages" and names the status
     */
    public static ErrorPages of(Map<Integer, String> pages) {
        if (pages.isEmpty()) {
            throw refused("no page; expected at least one, for a status of 400 to 599");
        }
        SortedMap<Integer, PageTemplate> templates = new TreeMap<>();
        pages.forEach((status, source) -> {
            if (status < 400 || status > 599) {
                throw refused("status " + status + " is outside 400 to 599");
            }
            String place = "the page for " + status;
            checkSize(place, encodedLength(place, source));
            templates.put(status, parse(place, source));
        });
        return new ErrorPages(null, templates);
    }

    /**
     * Returns the pages of a directory from which none can be read any more: a service that was deployed with them, and is
     * restored without them, gets the proxy's own.
     *
     * @param directory where the pages were
     * @return no pages, which remember where they were
     */
    public static ErrorPages lost(Path directory) {
        return new ErrorPages(directory.toAbsolutePath(), new TreeMap<>());
    }

    /** {@return where the pages were read, as an absolute path; empty for pages from memory} */
    public Optional<Path> directory() {
        return Optional.ofNullable(directory);
    }

    /** {@return the template of each status, as it was read, in the order of the statuses; {@link #of} takes it back} */
    public Map<Integer, String> sources() {
        return sources;
    }

    /**
     * Fills in a page.
     *
     * @param status the status of the answer
     * @param message what the operator said, as plain text; empty if nothing was said
     * @return the page as HTML, empty if there is none for the status
     */
    public Optional<String> render(int status, String message) {
        PageTemplate template = templates.get(status);
        return template == null ? Optional.empty() : Optional.of(template.render(message));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ErrorPages that
                && sources.equals(that.sources)
                && Objects.equals(directory, that.directory);
    }

    @Override
    public int hashCode() {
        return Objects.hash(sources, directory);
    }

    @Override
    public String toString() {
        return "ErrorPages" + sources.keySet() + (directory == null ? "" : " of " + directory);
    }

    private static PageTemplate readPage(String place, Path file) {
        // Opening a pipe would wait for its writer.
        if (!Files.isRegularFile(file)) {
            throw refused(place + " cannot be read: it is not a file");
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_PAGE_BYTES + 1);
            checkSize(place, bytes.length);
            return parse(place, decode(place, bytes));
        } catch (IOException e) {
            throw refused(place + " cannot be read: " + e, e);
        }
    }

    private static void checkSize(String place, int bytes) {
        if (bytes > MAX_PAGE_BYTES) {
            throw refused(place + " has more than " + MAX_PAGE_BYTES + " bytes");
        }
    }

    private static String decode(String place, byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw refused(place + " is not UTF-8: " + e.getMessage(), e);
        }
    }

    private static int encodedLength(String place, String source) {
        try {
            return StandardCharsets.UTF_8
                    .newEncoder()
                    .encode(CharBuffer.wrap(source))
                    .remaining();
        } catch (CharacterCodingException e) {
            throw refused(place + " cannot be encoded as UTF-8: it has half of a surrogate pair", e);
        }
    }

    private static PageTemplate parse(String place, String source) {
        try {
            return PageTemplate.parse(source);
        } catch (IllegalArgumentException e) {
            throw refused(place + ", " + e.getMessage(), e);
        }
    }

    private static String inDirectory(Path directory) {
        return "directory \"" + directory + "\"";
    }

    private static IllegalArgumentException refused(String fault) {
        return refused(fault, null);
    }

    private static IllegalArgumentException refused(String fault, @Nullable Throwable cause) {
        return new IllegalArgumentException("error pages: " + fault, cause);
    }
}
