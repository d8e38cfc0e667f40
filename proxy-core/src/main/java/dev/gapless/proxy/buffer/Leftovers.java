package dev.gapless.proxy.buffer;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.StreamSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes the files of processes of ours that have died: those whose lock can be had, and which have names as ours. */
final class Leftovers {
    private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);

    private Leftovers() {}

    /** Removes what can be removed; the rest is logged. */
    static void remove(Path directory) {
        try {
            for (Path file : list(directory)) {
                // Closing a second channel of a file would release the lock of the first, on POSIX: never open our own.
                if (SpillNames.isLock(file) && !SpillNames.isOfThisProcess(file) && isFile(file)) {
                    removeIfDead(directory, file);
                }
            }
        } catch (NoSuchFileException nothingThere) {
            LOG.trace("{} is not there", directory, nothingThere);
        } catch (IOException | RuntimeException e) {
            LOG.warn("looking for leftovers in {} failed: {}", directory, e.toString());
        }
    }

    private static List<Path> list(Path directory) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            return StreamSupport.stream(files.spliterator(), false).toList();
        }
    }

    private static void removeIfDead(Path directory, Path lock) {
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            if (channel.tryLock() == null) {
                return;
            }
            // Listed now: the process may have made files until it died.
            for (Path file : list(directory)) {
                if (SpillNames.isSpillOf(lock, file) && isFile(file)) {
                    Files.deleteIfExists(file);
                }
            }
            Files.deleteIfExists(lock);
            LOG.info("removed what a process has left: {}", lock);
        } catch (OverlappingFileLockException othersAreAtIt) {
            LOG.trace("{} is being removed", lock, othersAreAtIt);
        } catch (IOException | RuntimeException e) {
            LOG.debug("{} may be a leftover, and cannot be removed", lock, e);
        }
    }

    private static boolean isFile(Path path) {
        return Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS);
    }
}
