package dev.gapless.proxy.jetty;

import dev.gapless.proxy.StaticFiles;
import dev.gapless.proxy.engine.StaticDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks whether there is a static file for a request. */
final class StaticLookup {
    private static final Logger LOG = LoggerFactory.getLogger(StaticLookup.class);

    private static final String FOR_EVER = "public, max-age=31536000, immutable";
    private static final String ASK_FIRST = "no-cache";

    private final List<StaticDirectory> directories;
    private final String path;

    /**
     * Makes a lookup.
     *
     * @param directories where to look, the first first
     * @param path the decoded path of the request
     */
    StaticLookup(List<StaticDirectory> directories, String path) {
        this.directories = directories;
        this.path = path;
    }

    /** {@return the answer, or null if there is no such file} May block. */
    @Nullable
    FileAnswer find(FileAnswer.Asked asked) {
        for (StaticDirectory directory : directories) {
            String name = FilePath.after(directory.files().pathPrefix(), path);
            FileAnswer found = name == null ? null : find(directory, name, asked);
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    private static @Nullable FileAnswer find(StaticDirectory in, String name, FileAnswer.Asked asked) {
        try {
            Path file = in.directory().resolve(name);
            return Files.isRegularFile(file) ? answer(in, file, asked) : null;
        } catch (InvalidPathException | OpenFile.NotSentException e) {
            return null;
        } catch (IOException e) {
            LOG.warn("A static file cannot be read, and its request goes on to the service: {}", e.toString());
            return null;
        }
    }

    private static FileAnswer answer(StaticDirectory in, Path file, FileAnswer.Asked asked) throws IOException {
        Set<FileCoding> there = EnumSet.noneOf(FileCoding.class);
        for (FileCoding coding : FileCoding.values()) {
            if (Files.isRegularFile(sibling(file, coding))) {
                there.add(coding);
            }
        }
        HttpFields.Mutable head = HttpFields.build();
        String name = String.valueOf(file.getFileName());
        head.put(HttpHeader.CACHE_CONTROL, cacheControl(in.files(), name));
        if (!there.isEmpty()) {
            head.put(HttpHeader.VARY, HttpHeader.ACCEPT_ENCODING.asString());
        }
        OpenFile opened = compressed(in.directory(), file, there, head, asked);
        if (opened == null) {
            opened = OpenFile.below(in.directory(), file, "");
        }
        return FileAnswer.of(opened, HttpStatus.OK_200, head, name, asked);
    }

    private static Path sibling(Path file, FileCoding coding) {
        return file.resolveSibling(file.getFileName() + coding.suffix());
    }

    private static String cacheControl(StaticFiles files, String name) {
        return files.isFingerprinted(name) ? FOR_EVER : ASK_FIRST;
    }

    private static @Nullable OpenFile compressed(
            Path directory, Path file, Set<FileCoding> there, HttpFields.Mutable head, FileAnswer.Asked asked) {
        List<FileCoding> wanted =
                there.isEmpty() ? List.of() : FileCoding.accepted(asked.client().header("Accept-Encoding"));
        for (FileCoding coding : wanted) {
            if (there.contains(coding)) {
                try {
                    OpenFile opened = OpenFile.below(directory, sibling(file, coding), "-" + coding.token());
                    head.put(HttpHeader.CONTENT_ENCODING, coding.token());
                    return opened;
                } catch (IOException e) {
                    LOG.debug("A compressed form of a static file cannot be read", e);
                }
            }
        }
        return null;
    }
}
