package dev.gapless.proxy;

import dev.gapless.proxy.spi.StateStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps the state in a file, so that a crash at any moment, of the process or of the machine, leaves the old state or the new
 * one.
 *
 * <p>For a file {@code state} there are, in the same directory:
 *
 * <ul>
 *   <li>{@code state}, what was saved last. Once there, this name is never missing, not for a moment.
 *   <li>{@code state.previous}, what was saved before that.
 *   <li>{@code state.new} and {@code state.previous.new}, while saving; what a crash leaves of them the next save removes.
 *   <li>{@code state.damaged-1} and so on, what was {@linkplain #setAside set aside}: never overwritten and never deleted,
 *       and no content twice.
 * </ul>
 *
 * <p>A save writes {@code state.new} and flushes it to disk, links {@code state} as {@code state.previous.new} (or copies it
 * where there are no hard links), renames {@code state.new} over {@code state}, then {@code state.previous.new} over {@code
 * state.previous}, and flushes the directory. So what is in {@code state} can become the previous version only when the next
 * one is in its place.
 *
 * <p>A damaged {@code state} that has been set aside stays where it is until the next save replaces it, and that save leaves
 * {@code state.previous} alone: a damaged state never takes the place of the last good one. If the process ends before that
 * save, the next one finds, and sets aside, the same damaged state again, which makes no second copy.
 *
 * <p>Files are readable by their owner only, as is the directory if it was missing, where the file system has POSIX
 * permissions; elsewhere both are as the system makes them. A symbolic link is followed, and the files lie beside what it leads
 * to. A state has at most 64 MiB. Thread-safe, but two stores, or two processes, must not use the same file.
 */
public final class FileStateStore implements StateStore {
    private static final int MOST_BYTES = 64 << 20;

    private final Path path;
    private boolean currentIsSetAside;

    private FileStateStore(Path path) {
        this.path = path;
    }

    /**
     * Returns a store that keeps the state in the given file. Nothing is read, written or checked before the first use.
     *
     * @param file where to keep the state; it and its directory may be missing
     * @return the store
     * @throws IllegalArgumentException if the path has no file name
     */
    public static FileStateStore at(Path file) {
        if (file.getFileName() == null || file.toString().isEmpty()) {
            throw new IllegalArgumentException(
                    "state file \"" + file + "\" has no name; expected a file, for example \"/var/lib/app/state\"");
        }
        return new FileStateStore(file.toAbsolutePath());
    }

    /**
     * {@inheritDoc} If only the previous version is there (somebody deleted the other), it is the only one returned.
     *
     * @throws IOException if the directory cannot be read, or there is something else than a file
     */
    @Override
    public synchronized List<Saved> load() throws IOException {
        try {
            StateFiles files = StateFiles.of(path);
            checkMayBeDirectory(files.directory());
            List<Saved> found = new ArrayList<>();
            for (Path file : List.of(files.current(), files.previous())) {
                if (isFile(file)) {
                    found.add(new SavedFile(file));
                }
            }
            return List.copyOf(found);
        } catch (IOException e) {
            throw DurableFiles.failure("cannot look for the state in " + path, e);
        }
    }

    /**
     * {@inheritDoc} An interrupt of the thread is such a failure too.
     *
     * @throws IOException if the state has more than 64 MiB, or any step has failed; the message names the file and the step
     */
    @Override
    public synchronized void save(byte[] state) throws IOException {
        try {
            checkSize(state.length);
            StateFiles files = StateFiles.of(path);
            DurableFiles.createDirectory(files.directory());
            replaceCurrent(files, state);
        } catch (IOException e) {
            throw DurableFiles.failure("cannot save the state to " + path, e);
        }
    }

    private void replaceCurrent(StateFiles files, byte[] state) throws IOException {
        try {
            DurableFiles.write(files.aside(), state);
            boolean keepsCurrent = !currentIsSetAside && isFile(files.current());
            if (keepsCurrent) {
                DurableFiles.linkOrCopy(files.current(), files.previousAside(), () -> read(files.current()));
            }
            DurableFiles.replace(files.aside(), files.current());
            currentIsSetAside = false;
            if (keepsCurrent) {
                DurableFiles.replace(files.previousAside(), files.previous());
            }
            DurableFiles.flushDirectory(files.directory());
        } catch (IOException e) {
            DurableFiles.clear(files.aside(), e);
            DurableFiles.clear(files.previousAside(), e);
            throw e;
        }
    }

    /**
     * Copies a damaged state to the next free {@code .damaged-<n>}, unless a file of that kind has the same content. What
     * cannot be copied is linked.
     *
     * @param damaged one that {@link #load} of this store has returned
     * @return the file it is in now, for messages
     * @throws IOException if it could neither be copied nor linked
     * @throws IllegalArgumentException if it is not from this store
     */
    @Override
    public synchronized String setAside(Saved damaged) throws IOException {
        if (!(damaged instanceof SavedFile saved) || saved.store() != this) {
            throw new IllegalArgumentException(
                    "\"" + damaged.location() + "\" is not from this store; expected what it has loaded");
        }
        try {
            StateFiles files = StateFiles.of(path);
            Path aside = copyOf(saved.file, files);
            DurableFiles.flushDirectory(files.directory());
            currentIsSetAside |= saved.file.equals(files.current());
            return aside.toString();
        } catch (IOException e) {
            throw DurableFiles.failure("cannot set aside the damaged state " + saved.file, e);
        }
    }

    private static Path copyOf(Path damaged, StateFiles files) throws IOException {
        for (Path copy : files.damaged()) {
            if (sameContent(damaged, copy)) {
                return copy;
            }
        }
        Path copy = files.nextDamaged();
        try {
            DurableFiles.write(files.aside(), read(damaged));
            DurableFiles.rename(files.aside(), copy);
        } catch (IOException noCopy) {
            DurableFiles.clear(files.aside(), noCopy);
            linkAfter(noCopy, damaged, copy);
        }
        return copy;
    }

    private static void linkAfter(IOException noCopy, Path damaged, Path second) throws IOException {
        try {
            DurableFiles.link(damaged, second);
        } catch (IOException e) {
            e.addSuppressed(noCopy);
            throw e;
        }
    }

    private static boolean sameContent(Path one, Path other) {
        try {
            return Files.mismatch(one, other) == -1;
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean isFile(Path file) throws IOException {
        try {
            return checkIsFile(file).isRegularFile();
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** A file in the place of a directory is "not found" to some releases of Java, and an error to others. */
    private static void checkMayBeDirectory(Path directory) throws IOException {
        Path parent = directory.getParent();
        try {
            if (!Files.readAttributes(directory, BasicFileAttributes.class).isDirectory()) {
                throw new IOException(directory + " is a file; expected a directory");
            }
        } catch (NoSuchFileException e) {
            if (parent != null) {
                checkMayBeDirectory(parent);
            }
        }
    }

    private static BasicFileAttributes checkIsFile(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        if (!attributes.isRegularFile()) {
            throw new IOException(file + " is " + (attributes.isDirectory() ? "a directory" : "no regular file")
                    + "; expected a file");
        }
        return attributes;
    }

    private static byte[] read(Path file) throws IOException {
        checkSize(checkIsFile(file).size());
        return Files.readAllBytes(file);
    }

    private static void checkSize(long bytes) throws IOException {
        if (bytes > MOST_BYTES) {
            throw new IOException("it has " + bytes + " bytes; expected at most " + MOST_BYTES);
        }
    }

    private final class SavedFile implements Saved {
        private final Path file;

        SavedFile(Path file) {
            this.file = file;
        }

        FileStateStore store() {
            return FileStateStore.this;
        }

        @Override
        public String location() {
            return file.toString();
        }

        @Override
        public byte[] read() throws IOException {
            try {
                return FileStateStore.read(file);
            } catch (IOException e) {
                throw DurableFiles.failure("cannot read the state in " + file, e);
            }
        }

        @Override
        public String toString() {
            return location();
        }
    }
}
