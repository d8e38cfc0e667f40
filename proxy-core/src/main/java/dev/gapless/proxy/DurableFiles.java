package dev.gapless.proxy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The single steps of changing files so that a crash finds them whole. Each failure names its path and what failed. */
final class DurableFiles {
    private DurableFiles() {}

    /** Makes a directory that only its owner may enter, and those above it that are missing. */
    static void createDirectory(Path directory) throws IOException {
        Deque<Path> missing = new ArrayDeque<>();
        for (Path at = directory; at != null && !Files.isDirectory(at); at = at.getParent()) {
            missing.push(at);
        }
        for (Path next : missing) {
            step("creating the directory", next, () -> Files.createDirectory(next, ownerOnly(next, "rwx------")));
            flushDirectory(next.resolveSibling(""));
        }
    }

    /** Writes a file that only its owner may read, in place of one that a crash may have left, and flushes it to disk. */
    static void write(Path file, byte[] content) throws IOException {
        delete(file);
        step("writing", file, () -> {
            Set<StandardOpenOption> options = Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
            try (FileChannel channel = FileChannel.open(file, options, ownerOnly(file, "rw-------"))) {
                ByteBuffer rest = ByteBuffer.wrap(content);
                while (rest.hasRemaining()) {
                    channel.write(rest);
                }
                channel.force(true);
            }
        });
    }

    /** Gives a file a second name, as a copy where the file system has no hard links. */
    static void linkOrCopy(Path file, Path second, Content content) throws IOException {
        delete(second);
        try {
            link(file, second);
        } catch (IOException noLink) {
            try {
                write(second, content.read());
            } catch (IOException noCopy) {
                noCopy.addSuppressed(noLink);
                throw noCopy;
            }
        }
    }

    static void link(Path file, Path second) throws IOException {
        step("linking " + file + " as", second, () -> {
            try {
                Files.createLink(second, file);
            } catch (UnsupportedOperationException e) {
                throw new FileSystemException(second.toString(), file.toString(), "no hard links here");
            }
        });
    }

    /** Replaces one file by another, at no moment of which the replaced name is missing. */
    static void replace(Path from, Path to) throws IOException {
        step("replacing", to, () -> Files.move(from, to, StandardCopyOption.ATOMIC_MOVE));
    }

    /** Renames a file, never over another. */
    static void rename(Path from, Path to) throws IOException {
        step("renaming " + from + " to", to, () -> Files.move(from, to));
    }

    static void delete(Path file) throws IOException {
        step("deleting", file, () -> Files.deleteIfExists(file));
    }

    /** Deletes what a failure has left; that this fails, too, is said beside it. */
    static void clear(Path file, IOException after) {
        try {
            delete(file);
        } catch (IOException e) {
            after.addSuppressed(e);
        }
    }

    /** Makes the names in a directory durable; where directories cannot be opened (Windows), renaming does it. */
    static void flushDirectory(Path directory) throws IOException {
        if (!posix(directory)) {
            return;
        }
        step("flushing the directory", directory, () -> {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
        });
    }

    static FileAttribute<?>[] ownerOnly(Path path, String permissions) {
        return posix(path)
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }

    private static boolean posix(Path path) {
        return path.getFileSystem().supportedFileAttributeViews().contains("posix");
    }

    private static void step(String doing, Path path, Step step) throws IOException {
        try {
            step.run();
        } catch (IOException e) {
            throw new IOException(doing + " " + path + " failed: " + reason(e), e);
        }
    }

    /** {@return a failure that begins with what could not be done} */
    static IOException failure(String what, IOException e) {
        return new IOException(what + ": " + reason(e), e);
    }

    /** The name of the exception is often all that says what is wrong: a {@code NoSuchFileException} has but the path. */
    static String reason(IOException e) {
        @Nullable String message = e.getMessage();
        return e.getClass() == IOException.class && message != null
                ? message
                : e.getClass().getSimpleName() + (message == null ? "" : ": " + message);
    }

    private interface Step {
        void run() throws IOException;
    }

    /** What is read only if it is needed. */
    interface Content {
        byte[] read() throws IOException;
    }
}
