package dev.gapless.proxy.buffer;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where the temporary files are. Claimed by the first of them, and given up when closed and the last of them is gone. */
final class SpillDirectory {
    /** Who chose the directory. */
    enum Choice {
        /** The host: it may have any permissions, and be a link. */
        CONFIGURED,
        /** Nobody: its name can be guessed, so that others may have been there first. */
        DEFAULT
    }

    private static final Set<PosixFilePermission> OWNER = EnumSet.of(
            PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_EXECUTE);

    private final Path path;
    private final Choice choice;
    private @Nullable DirectoryClaim claim;
    private int openFiles;
    private boolean closed;

    SpillDirectory(Path path, Choice choice) {
        this.path = path;
        this.choice = choice;
    }

    /** {@return the directory that is used if none is configured, one a user} */
    static Path defaultPath() {
        String user = System.getProperty("user.name", "").replaceAll("[^A-Za-z0-9._-]", "_");
        return Path.of(System.getProperty("java.io.tmpdir"), "gapless-" + user);
    }

    /** Makes a file; the next one works if this fails for a reason that passes. */
    SpillFile newFile() throws IOException {
        Path file = countedFile();
        try {
            return SpillFile.create(file, this::fileClosed);
        } catch (IOException | RuntimeException e) {
            fileClosed();
            throw e;
        }
    }

    private synchronized Path countedFile() throws IOException {
        Path file = standingClaim().newFile(ClaimNames.SPILL);
        openFiles++;
        return file;
    }

    /** Makes the directory, unless it is there, and claims it. */
    synchronized void prepare() throws IOException {
        standingClaim();
    }

    private DirectoryClaim standingClaim() throws IOException {
        if (closed) {
            throw new IOException("the buffers are closed");
        }
        DirectoryClaim current = claim;
        if (current != null && current.stands()) {
            return current;
        }
        makeDirectory();
        DirectoryClaim made = DirectoryClaim.of(path, choice == Choice.DEFAULT ? this::checkPrivate : file -> {});
        if (current != null) {
            current.drop();
        }
        claim = made;
        return made;
    }

    private void makeDirectory() throws IOException {
        try {
            Files.createDirectory(path, OwnerOnly.directory(path));
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(path)) {
                throw e;
            }
        }
    }

    /** Checks that the directory is no link, and belongs to whom a file belongs that we have made, and to nobody else. */
    private void checkPrivate(Path ours) throws IOException {
        if (!OwnerOnly.posix(path)) {
            return;
        }
        PosixFileAttributes found = Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        PosixFileAttributes own = Files.readAttributes(ours, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!found.isDirectory() || !found.owner().equals(own.owner()) || !OWNER.containsAll(found.permissions())) {
            throw new IOException(path + " must be a directory that only " + own.owner()
                    + " may enter: remove it, or choose another directory for temporary files");
        }
    }

    private synchronized void fileClosed() {
        openFiles--;
        dropIfUnused();
    }

    synchronized void close() {
        closed = true;
        dropIfUnused();
    }

    private void dropIfUnused() {
        if (closed && openFiles == 0 && claim != null) {
            claim.drop();
            claim = null;
        }
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
