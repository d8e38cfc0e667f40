package dev.gapless.proxy;

import dev.gapless.proxy.spi.CertificateStore;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps keys and certificates as files of a directory, each of which is replaced as a whole: a crash at any moment, of the
 * process or of the machine, leaves the old content or the new one.
 *
 * <p>Files and directories are readable by their owner only, where the file system has POSIX permissions; elsewhere they are as
 * the system makes them. A file has at most 1 MiB. Several processes may use one directory: claims are locks of files in it
 * ({@code .*.lock}), which a process that dies gives back at once. Where the file system has no locks, everybody gets every claim.
 * In one process there is to be one store for a directory. Thread-safe.
 *
 * @implNote A file system over the network that does not pass locks on to its server keeps proxies of one machine apart only.
 */
public final class FileCertificateStore implements CertificateStore {
    private static final Logger LOG = LoggerFactory.getLogger(FileCertificateStore.class);
    private static final int MOST_BYTES = 1 << 20;
    private static final Duration LEFTOVER_AGE = Duration.ofHours(1);
    private static final Pattern NAME = Pattern.compile("[a-z0-9_+-][a-z0-9._+-]*(/[a-z0-9_+-][a-z0-9._+-]*)?");

    private final Path directory;
    private final Map<String, FileChannel> claimed = new HashMap<>();

    private FileCertificateStore(Path directory) {
        this.directory = directory;
    }

    /**
     * Returns a store that keeps its files in the given directory. Nothing is read, written or checked before the first use.
     *
     * @param directory may be missing
     * @return the store
     */
    public static FileCertificateStore in(Path directory) {
        return new FileCertificateStore(directory.toAbsolutePath());
    }

    /** {@inheritDoc} */
    @Override
    public Optional<byte[]> load(String name) throws IOException {
        Path file = file(name);
        try {
            long size = Files.size(file);
            if (size > MOST_BYTES) {
                throw new IOException("it has " + size + " bytes; expected at most " + MOST_BYTES);
            }
            return Optional.of(Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw DurableFiles.failure("cannot read " + file, e);
        }
    }

    /** {@inheritDoc} */
    @Override
    public void save(String name, byte[] content) throws IOException {
        Path file = file(name);
        // Two processes may save the same name at once, each beside its own file.
        Path aside = file.resolveSibling("." + UUID.randomUUID() + ".new");
        try {
            DurableFiles.createDirectory(file.resolveSibling(""));
            DurableFiles.write(aside, content);
            DurableFiles.replace(aside, file);
            DurableFiles.flushDirectory(file.resolveSibling(""));
            clearLeftovers(file);
        } catch (IOException e) {
            DurableFiles.clear(aside, e);
            throw DurableFiles.failure("cannot save " + file, e);
        }
    }

    /** {@inheritDoc} */
    @Override
    public void delete(String name) throws IOException {
        Path file = file(name);
        try {
            if (Files.exists(file)) {
                DurableFiles.delete(file);
                DurableFiles.flushDirectory(file.resolveSibling(""));
            }
        } catch (IOException e) {
            throw DurableFiles.failure("cannot delete " + file, e);
        }
    }

    /** {@inheritDoc} */
    @Override
    public Optional<Claim> claim(String name) throws IOException {
        Path file = lockFile(name);
        synchronized (claimed) {
            // Closing a second channel would give up the lock of the first (Java's FileLock says so of some systems).
            if (claimed.containsKey(name)) {
                return Optional.empty();
            }
            try {
                DurableFiles.createDirectory(file.resolveSibling(""));
                FileChannel channel = FileChannel.open(
                        file,
                        Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                        DurableFiles.ownerOnly(file, "rw-------"));
                if (!lock(channel, file)) {
                    channel.close();
                    return Optional.empty();
                }
                claimed.put(name, channel);
                return Optional.of(() -> release(name, channel));
            } catch (IOException e) {
                throw DurableFiles.failure("cannot lock " + file, e);
            }
        }
    }

    private static boolean lock(FileChannel channel, Path file) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        } catch (IOException | UnsupportedOperationException e) {
            LOG.warn("no lock for {}: other proxies may order the same certificate ({})", file, e.toString());
            return true;
        }
    }

    /** The file stays: removing it would let one process lock what another has just removed. */
    private void release(String name, FileChannel channel) {
        synchronized (claimed) {
            if (claimed.remove(name, channel)) {
                try {
                    channel.close();
                } catch (IOException e) {
                    LOG.warn("unlocking {} failed", file(name), e);
                }
            }
        }
    }

    private Path file(String name) {
        if (name.length() > 205 || !NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("name \"" + name
                    + "\" is not of one or two parts of lower-case letters, digits and \"._+-\", at most 200 in all");
        }
        return directory.resolve(name);
    }

    /** {@return a file beside that of the name, and of no name itself, as none begins with a dot} */
    private Path lockFile(String name) {
        Path file = file(name);
        return file.resolveSibling("." + file.getFileName() + ".lock");
    }

    /** Removes what processes that were killed have left; a file that was saved just now says what time it is. */
    private static void clearLeftovers(Path saved) {
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(saved.resolveSibling(""), ".*.new")) {
            Instant old = Files.getLastModifiedTime(saved).toInstant().minus(LEFTOVER_AGE);
            for (Path leftover : leftovers) {
                if (Files.getLastModifiedTime(leftover).toInstant().isBefore(old)) {
                    Files.deleteIfExists(leftover);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            LOG.debug("looking for leftovers beside {} failed", saved, e);
        }
    }

    @Override
    public String toString() {
        return directory.toString();
    }
}
