package dev.gapless.proxy;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The files of one state, all in one directory, so that each can be renamed to any other. */
record StateFiles(Path current) {
    private static final int MOST_LINKS = 40;

    /** The files beside what a path leads to: a symbolic link is followed, as renaming over it would replace the link. */
    static StateFiles of(Path path) throws IOException {
        Path file = path;
        for (int links = 0; isLink(file); links++) {
            if (links == MOST_LINKS) {
                throw new FileSystemLoopException(path.toString());
            }
            file = file.resolveSibling(Files.readSymbolicLink(file));
        }
        return new StateFiles(file);
    }

    private static boolean isLink(Path file) throws IOException {
        try {
            return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .isSymbolicLink();
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    Path directory() {
        return current.resolveSibling("");
    }

    /** Where the next state is written before it takes the name of the state. */
    Path aside() {
        return beside(".new");
    }

    Path previous() {
        return beside(".previous");
    }

    /** Where the state of now waits for its successor before it takes the name of the previous one. */
    Path previousAside() {
        return beside(".previous.new");
    }

    List<Path> damaged() throws IOException {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory(), file -> damagedNumber(file) > 0)) {
            files.forEach(found::add);
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return found;
    }

    /** A name for one more damaged file, with a number higher than any there is. */
    Path nextDamaged() throws IOException {
        return beside(".damaged-"
                + (1 + damaged().stream().mapToLong(this::damagedNumber).max().orElse(0)));
    }

    private long damagedNumber(Path file) {
        Matcher name = Pattern.compile(Pattern.quote(current.getFileName() + ".damaged-") + "([0-9]{1,18})")
                .matcher(String.valueOf(file.getFileName()));
        return name.matches() ? Long.parseLong(name.group(1)) : 0;
    }

    private Path beside(String suffix) {
        return current.resolveSibling(current.getFileName() + suffix);
    }
}
