package dev.gapless.proxy.buffer;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryNotEmptyException;
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
            for (Path lock : locksOfOthers(directory)) {
                tryToRemove(directory, lock);
            }
        } catch (NoSuchFileException nothingThere) {
            LOG.trace("{} is not there", directory, nothingThere);
        } catch (IOException | RuntimeException e) {
            LOG.warn("looking for leftovers in {} failed: {}", directory, e.toString());
        }
    }

    private static void tryToRemove(Path directory, Path lock) {
        try {
            removeIfDead(directory, lock);
        } catch (OverlappingFileLockException othersAreAtIt) {
            LOG.trace("{} is being removed", lock, othersAreAtIt);
        } catch (IOException | RuntimeException e) {
            LOG.debug("{} may be a leftover, and cannot be removed", lock, e);
        }
    }

    /**
     * Removes a directory, with its files, that is all one process's, if that has died. One without a lock stays: its process may
     * be about to make it.
     */
    static void removeWhole(Path directory) {
        try {
            for (Path lock : locksOfOthers(directory)) {
                if (removeIfDead(directory, lock)) {
                    Files.delete(directory);
                }
            }
        } catch (NoSuchFileException | DirectoryNotEmptyException | OverlappingFileLockException othersAreAtIt) {
            LOG.trace("{} is being removed, or claimed anew", directory, othersAreAtIt);
        } catch (IOException | RuntimeException e) {
            LOG.warn("{} may be a leftover, and cannot be removed: {}", directory, e.toString());
        }
    }

    /** Closing a second channel of a file would release the lock of the first, on POSIX: our own are never opened. */
    private static List<Path> locksOfOthers(Path directory) throws IOException {
        return list(directory).stream()
                .filter(file -> ClaimNames.isLock(file) && !ClaimNames.isOfThisProcess(file) && isFile(file))
                .toList();
    }

    static List<Path> list(Path directory) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            return StreamSupport.stream(files.spliterator(), false).toList();
        }
    }

    /** {@return whether it was dead} One at a time, lest a thread lose the lock that it has by what another closes. */
    private static synchronized boolean removeIfDead(Path directory, Path lock) throws IOException {
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            if (channel.tryLock() == null) {
                return false;
            }
            // Listed now: the process may have made files until it died.
            removeFilesOf(lock, directory);
            Files.deleteIfExists(lock);
            LOG.info("removed what a process has left: {}", lock);
            return true;
        }
    }

    /** Removes the files of the claim that has, or had, this lock; not the lock itself. */
    static void removeFilesOf(Path lock, Path directory) throws IOException {
        for (Path file : list(directory)) {
            if (ClaimNames.isFileOf(lock, file) && isFile(file)) {
                Files.deleteIfExists(file);
            }
        }
    }

    private static boolean isFile(Path path) {
        return Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS);
    }
}
