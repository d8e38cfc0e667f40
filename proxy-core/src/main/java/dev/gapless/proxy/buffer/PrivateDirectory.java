package dev.gapless.proxy.buffer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory for what only its owner may read, and nobody needs once the process has ended. It goes when it is closed. What a
 * process leaves that is killed goes when the same user makes the next one of its kind in the same place. Thread-safe.
 */
public final class PrivateDirectory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PrivateDirectory.class);
    private static final int TRIES = 10;

    private final Path path;
    private final DirectoryClaim claim;

    private PrivateDirectory(Path path, DirectoryClaim claim) {
        this.path = path;
        this.claim = claim;
    }

    /**
     * Makes one, and removes those of dead processes: of this kind, of the same user, with a lock that can be had. What goes wrong
     * with these is logged.
     *
     * @param parent where it is made; others may make files there, too, as in {@code java.io.tmpdir}
     * @param kind what its name begins with
     * @return the directory, to be closed
     * @throws IOException if it cannot be made
     */
    public static PrivateDirectory in(Path parent, String kind) throws IOException {
        for (int i = 0; i < TRIES; i++) {
            PrivateDirectory made = tryToMake(parent.resolve(ClaimNames.newDirectory(kind)));
            if (made != null) {
                made.removeLeftovers(parent, ClaimNames.directoriesOf(kind));
                return made;
            }
        }
        throw new IOException("no directory could be had in " + parent + ", in " + TRIES + " tries");
    }

    /** Until it is locked, a process that starts may take it for a leftover: then this is null. */
    private static @Nullable PrivateDirectory tryToMake(Path path) throws IOException {
        Files.createDirectory(path, OwnerOnly.directory(path));
        try {
            return new PrivateDirectory(path, DirectoryClaim.of(path, file -> {}));
        } catch (NoSuchFileException takenForALeftover) {
            LOG.trace("{} was removed", path, takenForALeftover);
            return null;
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(path);
            throw e;
        }
    }

    private void removeLeftovers(Path parent, Predicate<Path> ofThisKind) {
        try {
            UserPrincipal owner = owner(path);
            for (Path directory : Leftovers.list(parent)) {
                if (ofThisKind.test(directory) && belongsTo(owner, directory)) {
                    Leftovers.removeWhole(directory);
                }
            }
        } catch (IOException | RuntimeException e) {
            LOG.warn("looking for leftovers in {} failed: {}", parent, e.toString());
        }
    }

    private static boolean belongsTo(UserPrincipal owner, Path directory) throws IOException {
        try {
            return Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
                    && owner(directory).equals(owner);
        } catch (NoSuchFileException goneMeanwhile) {
            LOG.trace("{} is gone", directory, goneMeanwhile);
            return false;
        }
    }

    private static UserPrincipal owner(Path path) throws IOException {
        return Files.getOwner(path, LinkOption.NOFOLLOW_LINKS);
    }

    /**
     * {@return where a file may be made, with a name that no other has}
     *
     * @param ending {@code .key} or {@code .crt}
     */
    public Path newFile(String ending) {
        return claim.newFile(ending);
    }

    /** Removes it, with its files; what goes wrong there is logged, and left to the next process. */
    @Override
    public void close() {
        try {
            claim.removeFiles();
            // Not before: who has the lock has the files.
            claim.drop();
            Files.delete(path);
        } catch (NoSuchFileException alreadyGone) {
            claim.drop();
            LOG.trace("{} is gone", path, alreadyGone);
        } catch (IOException | RuntimeException e) {
            LOG.warn("{} is left: {}", path, e.toString());
        }
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
