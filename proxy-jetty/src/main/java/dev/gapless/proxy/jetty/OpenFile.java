package dev.gapless.proxy.jetty;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A regular file below a directory, opened to be sent. What was opened is sent to its end, whatever takes its name meanwhile.
 * Its methods may block.
 *
 * @param channel to read from
 * @param length in bytes
 * @param modifiedMillis when it was last modified, since 1970
 * @param etag tells it from whatever else has had its name, or will have
 */
record OpenFile(FileChannel channel, long length, long modifiedMillis, String etag) implements Closeable {
    /** There is no such file, or none that may be sent. */
    static final class NotSentException extends IOException {
        private static final long serialVersionUID = 1L;

        NotSentException(String message) {
            super(message);
        }
    }

    /** A file that is replaced at just that moment is looked at again. */
    private static final int TRIES = 3;

    private static final Set<OpenOption> TO_READ = Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);

    /**
     * Opens a file, unless it is, or symbolic links lead, outside the directory.
     *
     * @param suffix part of the entity tag
     * @throws NotSentException if it does not exist, is outside, or is no regular file
     * @throws IOException if it cannot be read
     */
    static OpenFile below(Path directory, Path file, String suffix) throws IOException {
        try {
            for (int i = 1; ; i++) {
                OpenFile opened = open(directory, file, suffix, i == TRIES);
                if (opened != null) {
                    return opened;
                }
            }
        } catch (NoSuchFileException | NotDirectoryException | InvalidPathException e) {
            throw new NotSentException("it does not exist");
        } catch (FileSystemException e) {
            if (isTooLong(e)) {
                throw new NotSentException("it does not exist");
            }
            throw e;
        }
    }

    /** The JDK has no exceptions of their own for names that are too long and for a file in the place of a directory. */
    private static boolean isTooLong(FileSystemException e) {
        String reason = String.valueOf(e.getReason());
        return reason.contains("Not a directory") || reason.contains("name too long");
    }

    private static @Nullable OpenFile open(Path directory, Path file, String suffix, boolean anyway)
            throws IOException {
        Path top = directory.toRealPath();
        Path real = file.toRealPath();
        if (!real.startsWith(top)) {
            throw new NotSentException("it is outside the directories that may be sent from");
        }
        BasicFileAttributes before = attributes(real);
        if (!before.isRegularFile()) {
            throw new NotSentException("it is no regular file"); // To open a FIFO would wait for a writer.
        }
        FileChannel channel = channel(top, real);
        try {
            BasicFileAttributes after = attributes(real);
            boolean same = Objects.equals(before.fileKey(), after.fileKey())
                    && before.lastModifiedTime().equals(after.lastModifiedTime())
                    && before.size() == after.size()
                    && real.toRealPath().equals(real);
            if (same || (anyway && isStillThat(real, before, after))) {
                return new OpenFile(
                        channel, channel.size(), after.lastModifiedTime().toMillis(), tag(after, suffix));
            }
        } catch (IOException | RuntimeException | Error e) {
            channel.close();
            throw e;
        }
        channel.close();
        if (anyway) {
            throw new IOException("it is replaced all the time");
        }
        return null;
    }

    /**
     * Opens it a segment at a time, where the platform can, so that no link is followed that has taken the name of a directory
     * meanwhile. The directories must be readable for that.
     */
    private static FileChannel channel(Path top, Path real) throws IOException {
        try (DirectoryStream<Path> directory = Files.newDirectoryStream(top)) {
            return directory instanceof SecureDirectoryStream<Path> secure
                    ? channel(secure, top.relativize(real))
                    : FileChannel.open(real, TO_READ);
        }
    }

    private static FileChannel channel(SecureDirectoryStream<Path> directory, Path below) throws IOException {
        int segments = below.getNameCount();
        if (segments == 1) {
            return (FileChannel) directory.newByteChannel(below, TO_READ);
        }
        try (SecureDirectoryStream<Path> next =
                directory.newDirectoryStream(below.getName(0), LinkOption.NOFOLLOW_LINKS)) {
            return channel(next, below.subpath(1, segments));
        }
    }

    /** One that is written to all the time can still be sent, as far as it goes by now. */
    private static boolean isStillThat(Path real, BasicFileAttributes before, BasicFileAttributes after)
            throws IOException {
        return Objects.equals(before.fileKey(), after.fileKey())
                && real.toRealPath().equals(real);
    }

    private static BasicFileAttributes attributes(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }

    /** Builds that can be repeated give all files one time, and then only the file itself tells two of one length apart. */
    private static String tag(BasicFileAttributes file, String suffix) {
        long modified = file.lastModifiedTime().to(TimeUnit.NANOSECONDS);
        return '"'
                + Long.toHexString(modified)
                + '-'
                + Long.toHexString(file.size())
                + '-'
                + Integer.toHexString(Objects.hashCode(file.fileKey()))
                + suffix
                + '"';
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
