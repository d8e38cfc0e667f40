package dev.gapless.proxy.buffer;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to keep files in a directory under a name of our own, for as long as we hold the lock of a file there. A file
 * system without locks is used without: leftovers are not removed there.
 */
final class DirectoryClaim {
    private static final Logger LOG = LoggerFactory.getLogger(DirectoryClaim.class);
    private static final int TRIES = 10;

    private final Path directory;
    private final String owner;
    private final @Nullable FileChannel locked;
    private final AtomicLong files = new AtomicLong();

    private DirectoryClaim(Path directory, String owner, @Nullable FileChannel locked) {
        this.directory = directory;
        this.owner = owner;
        this.locked = locked;
    }

    /** What a directory has to pass, given a file that we have just made there. */
    interface Check {
        void of(Path ours) throws IOException;
    }

    /** Claims a directory that is there and passes the check. */
    static DirectoryClaim of(Path directory, Check check) throws IOException {
        for (int i = 0; i < TRIES; i++) {
            DirectoryClaim claim = tryToClaim(directory, ClaimNames.newOwner(), check);
            if (claim != null) {
                return claim;
            }
        }
        throw new IOException("no lock could be had in " + directory + ", in " + TRIES + " tries");
    }

    private static @Nullable DirectoryClaim tryToClaim(Path directory, String owner, Check check) throws IOException {
        Path file = directory.resolve(owner + ClaimNames.LOCK);
        FileChannel channel = FileChannel.open(
                file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), OwnerOnly.file(file));
        try {
            check.of(file);
            return lock(directory, owner, channel, file);
        } catch (IOException | RuntimeException e) {
            abandon(channel, file);
            throw e;
        }
    }

    /** Between making the file and locking it, a process that starts may have taken it for a leftover: then it is null. */
    private static @Nullable DirectoryClaim lock(Path directory, String owner, FileChannel channel, Path file)
            throws IOException {
        try {
            FileLock lock = channel.tryLock();
            if (lock != null && Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                return new DirectoryClaim(directory, owner, channel);
            }
            channel.close();
            return null;
        } catch (IOException | UnsupportedOperationException e) {
            LOG.warn(
                    "no locks in {}: temporary files that a crash leaves there will not be removed ({})",
                    directory,
                    e.toString());
            abandon(channel, file);
            return new DirectoryClaim(directory, owner, null);
        }
    }

    private static void abandon(FileChannel channel, Path file) throws IOException {
        try (channel) {
            Files.deleteIfExists(file);
        }
    }

    /** Whether it stands: someone may have removed its file, or the directory. */
    boolean stands() {
        return Files.exists(locked == null ? directory : lockFile(), LinkOption.NOFOLLOW_LINKS);
    }

    /** {@return a name that no other file has} */
    Path newFile(String ending) {
        return directory.resolve(owner + "-" + files.incrementAndGet() + ending);
    }

    /** Removes the files of this claim that are there. */
    void removeFiles() throws IOException {
        Leftovers.removeFilesOf(lockFile(), directory);
    }

    /** Gives the claim up; what goes wrong there is logged. */
    void drop() {
        if (locked == null) {
            return;
        }
        try (locked) {
            Files.deleteIfExists(lockFile());
        } catch (IOException e) {
            LOG.warn("removing {} failed", lockFile(), e);
        }
    }

    private Path lockFile() {
        return directory.resolve(owner + ClaimNames.LOCK);
    }
}
